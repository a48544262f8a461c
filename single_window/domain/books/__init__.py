"""The account book of bonded goods (账册): what it holds, what is entered, what must balance."""
