namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// Secrets as the kubelet mounts them: a folder each, in which every file is a link into the folder of what was written last, readable by owner and group.
/// </summary>
internal sealed class PodSecrets : IDisposable
{
    private const string Current = "..data";
    private const string Written = "..2026_01_01_00_00_00";

    /// <summary>What a pod has at <c>/etc/kpl</c>.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("kpl-secrets-").FullName;

    /// <summary>Writes an entry of the Secret that is mounted under a name.</summary>
    public void Write(string mount, string entry, string text)
    {
        var folder = Path.Combine(Folder, mount);
        Directory.CreateDirectory(Path.Combine(folder, Written));
        var file = Path.Combine(folder, Written, entry);
        File.WriteAllText(file, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        if (!Path.Exists(Path.Combine(folder, Current)))
            Directory.CreateSymbolicLink(Path.Combine(folder, Current), Written);
        File.CreateSymbolicLink(Path.Combine(folder, entry), Path.Combine(Current, entry));
    }

    /// <summary>Writes a certificate with its key as cert-manager does.</summary>
    public void WriteTls(string mount, string pem, string authorities)
    {
        var key = pem.IndexOf("-----BEGIN PRIVATE KEY", StringComparison.Ordinal);
        Write(mount, "tls.crt", pem[..key]);
        Write(mount, "tls.key", pem[key..]);
        Write(mount, "ca.crt", authorities);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
