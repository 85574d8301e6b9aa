# Run the gateway on demonstration data.
dev:
    cargo run -- serve --demo

# Run all tests, on both databases where PostgreSQL's binaries are there.
test:
    cargo test --workspace

# Format and lint.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-features --all-targets -- -D warnings

# Measure: `just bench`, or one section as `just bench tenant-ciam`, or `just bench --short`.
bench *ARGUMENTS:
    cargo build --release -p roster-gateway
    cargo run --release -p roster-bench -- {{ARGUMENTS}}

# Disturb running gateways and verify that nothing acknowledged is lost: `just torture all`, `just torture kill`.
torture *ARGUMENTS:
    cargo build --release -p roster-gateway
    cargo run --release -p roster-torture -- {{ARGUMENTS}}

# Kill the primary of three PostgreSQL servers under Patroni, with two gateways; needs `patroni` and `etcd-server`.
failover *ARGUMENTS:
    cargo build --release -p roster-gateway
    cargo run --release -p roster-torture -- failover {{ARGUMENTS}}

# Build the documentation of all crates.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Everything that has to be green.
ci:
    bash .ci/run
