//! A PostgreSQL of one's own: a fresh cluster in a temporary folder, on a Unix socket, gone with the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A running cluster.
pub struct Cluster {
    root: tempfile::TempDir,
    programs: PathBuf,
}

/// Starts a cluster, or says why there is none. `ENTREPOT_POSTGRES` names a folder with `initdb` where the usual places lack it.
pub fn cluster() -> Result<Cluster, String> {
    let programs = programs().ok_or("initdb was not found (Debian: apt install postgresql)")?;
    let root = tempfile::Builder::new().prefix("entrepot-pg-").tempdir_in("/tmp").map_err(|error| error.to_string())?;
    // The server refuses to run as root, so it runs as its own user, who must reach the folder.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o777)).map_err(|error| error.to_string())?;
    let cluster = Cluster { root, programs };
    let data = cluster.root.path().join("data");
    cluster.run("initdb", &["-A", "trust", "-U", "entrepot", "-E", "UTF8", "--locale=C", "-D", path(&data)])?;
    let socket = format!("-c listen_addresses='' -c unix_socket_directories='{}'", cluster.root.path().display());
    let log = cluster.root.path().join("log");
    cluster.run("pg_ctl", &["-w", "-D", path(&data), "-l", path(&log), "-o", &socket, "start"])?;
    Ok(cluster)
}

impl Cluster {
    /// The URL of a database of this name, made afresh.
    pub fn database(&self, name: &str) -> String {
        let host = path(self.root.path());
        self.run("createdb", &["-h", host, "-U", "entrepot", name]).expect("a database");
        format!("postgres:///{name}?host={host}&user=entrepot")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // The server must not inherit a pipe: whoever reads it would wait for the server's end.
        let output = self.root.path().join(format!("{}.out", program.file_name().unwrap_or_default().display()));
        let file = fs::File::create(&output).map_err(|error| error.to_string())?;
        let status = command
            .args(arguments)
            .current_dir("/tmp")
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(|error| error.to_string())?)
            .stderr(file)
            .status()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        if status.success() {
            return Ok(());
        }
        Err(format!("{} failed: {}", program.display(), fs::read_to_string(&output).unwrap_or_default()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.root.path().join("data");
        let _ = self.run("pg_ctl", &["-D", path(&data), "-m", "immediate", "stop"]);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn programs() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let mut folders: Vec<PathBuf> =
                std::env::var_os("ENTREPOT_POSTGRES").map(PathBuf::from).into_iter().collect();
            let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
            folders.extend(versions.map(|version| version.path().join("bin")));
            folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
            folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
        })
        .clone()
}

#[test]
fn a_cluster_starts_and_ends() {
    match cluster() {
        Ok(cluster) => assert!(cluster.database("one").starts_with("postgres:///one")),
        Err(why) => crate::support::left_out("a PostgreSQL of one's own", &why),
    }
}
