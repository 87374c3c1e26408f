namespace Orleans.Kpl.Testing;

/// <summary>A folder with files as deployments write them; it goes away with the test.</summary>
internal sealed class DeployedFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-deployed-").FullName;

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Writes a file whole, and readable by its owner alone. Gives back its path.</summary>
    public string Write(string name, string text)
    {
        var next = PathOf(name + ".next");
        File.WriteAllText(next, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(next, PathOf(name), overwrite: true);
        return PathOf(name);
    }

    /// <summary>Whoever made it may do so, and a server that has it.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
