"""The pages: what people see of the window, in Chinese and English."""
