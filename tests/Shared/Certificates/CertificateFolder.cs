namespace Orleans.Kpl.Testing;

/// <summary>A folder with the files of TLS; it goes away with the test.</summary>
internal sealed class CertificateFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-tls").FullName;

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Writes a file as deployments do: whole, and readable by its owner alone. Gives back its path.</summary>
    public string Write(string name, string text)
    {
        var next = PathOf(name + ".next");
        File.WriteAllText(next, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(next, PathOf(name), overwrite: true);
        return PathOf(name);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
