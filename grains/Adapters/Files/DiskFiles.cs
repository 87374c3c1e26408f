namespace Orleans.Kpl.Adapters.Files;

/// <summary>The file system of the machine. What it creates is for this process' user only: records are nobody else's, whatever umask says.</summary>
internal sealed class DiskFiles : IBacklogFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    public bool FolderExists(string path) => Directory.Exists(path);

    public void CreateFolder(string path)
    {
        // On Windows a folder has the rights of the one above it.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnFolder);
    }

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        using var stream = Open(path, FileMode.Create, FileAccess.Write);
        var file = stream.SafeFileHandle;
        RandomAccess.Write(file, bytes, 0);
        if (sync)
            RandomAccess.FlushToDisk(file);
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void SyncFolder(string path) => FolderSync.Sync(path);

    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // If the folder does not exist, neither does the file.
        }
    }

    public byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public byte[]? ReadHead(string path, int bytes)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var head = new byte[bytes];
            return head[..RandomAccess.Read(file, head, 0)];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public IReadOnlyList<(string Name, long Bytes)> Files(string path)
    {
        var folder = new DirectoryInfo(path);
        return folder.Exists ? [.. folder.EnumerateFiles().Select(static f => (f.Name, f.Length))] : [];
    }

    public IReadOnlyList<string> Folders(string path)
    {
        var folder = new DirectoryInfo(path);
        return folder.Exists ? [.. folder.EnumerateDirectories().Select(static f => f.Name)] : [];
    }

    public IDisposable Lock(string path) => Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);

    private static FileStream Open(string path, FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnFile;
        return new FileStream(path, options);
    }
}
