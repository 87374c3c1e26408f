namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>A folder for one run, whose files only their owner may read: identities and keys must be such files.</summary>
internal sealed class PrivateFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kpl-bench-");

    /// <summary>Writes a file, and returns where it lies.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
