"""The reference (参考资料): rules, examples, skeletons; one source for pages and documents."""
