"""MkDocs loads this file (`hooks:` in mkdocs.yml). It stands here so that plain `mkdocs` finds `pipeline` too."""

from pipeline.site import on_config, on_files, on_page_content, on_page_markdown, on_post_build

__all__ = ["on_config", "on_files", "on_page_content", "on_page_markdown", "on_post_build"]
