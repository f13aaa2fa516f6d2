"""The project's settings: `inkling.toml`, its checks, and the certificate it names."""
