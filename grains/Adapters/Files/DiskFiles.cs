using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// The file system operations that a backlog needs. They throw what .NET's do: <see cref="IOException"/> and
/// <see cref="UnauthorizedAccessException"/>. Written bytes and renames outlive a loss of power only once they are synced.
/// </summary>
internal interface IBacklogFiles
{
    /// <summary>Returns whether the folder exists.</summary>
    bool FolderExists(string path);

    /// <summary>Creates a folder where there is none; its parent must exist.</summary>
    void CreateFolder(string path);

    /// <summary>Writes a whole file, replacing an existing one.</summary>
    /// <param name="bytes">The whole content.</param>
    /// <param name="sync">Whether its bytes are on the disk when this returns; its name may not be.</param>
    void Write(string path, ReadOnlySpan<byte> bytes, bool sync);

    /// <summary>Renames a file atomically, replacing an existing one.</summary>
    void Rename(string from, string to);

    /// <summary>Syncs the names in a folder to the disk.</summary>
    void SyncFolder(string path);

    /// <summary>Deletes a file, if it exists.</summary>
    void Delete(string path);

    /// <summary>Deletes an empty folder. Leaves any other, and one that cannot be deleted.</summary>
    void DeleteEmptyFolder(string path);

    /// <summary>Reads the bytes of a file; null where there is none in its folder. If the folder is missing too, its contents are unknown.</summary>
    byte[]? Read(string path);

    /// <summary>Reads the first bytes of a file, fewer where it is shorter; null where there is none in its folder.</summary>
    byte[]? ReadHead(string path, int bytes) => Read(path) is { } all ? all[..Math.Min(bytes, all.Length)] : null;

    /// <summary>Lists the files of a folder with their lengths, in no order; none where there is no folder.</summary>
    IReadOnlyList<(string Name, long Bytes)> Files(string path);

    /// <summary>Lists the names of a folder's files, in no order; none where there is no folder. Files may come and go meanwhile.</summary>
    IEnumerable<string> Names(string path) => Files(path).Select(static f => f.Name);

    /// <summary>Lists the folders in a folder; none where there is none.</summary>
    IReadOnlyList<string> Folders(string path);

    /// <summary>Locks a file against all other processes, until the lock is disposed or the process ends.</summary>
    /// <exception cref="LockedHereException">This process holds it itself.</exception>
    /// <exception cref="IOException">Another process holds it.</exception>
    IDisposable Lock(string path);
}

/// <summary>The file system of the machine. What it creates is for this process' user only: records are nobody else's, whatever umask says.</summary>
internal sealed class DiskFiles : IBacklogFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    /// <summary>The files that this process holds.</summary>
    private static readonly ConcurrentDictionary<string, bool> Held = new(StringComparer.Ordinal);

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

    public void DeleteEmptyFolder(string path)
    {
        try
        {
            // A link would be deleted, whatever it leads to.
            if (new DirectoryInfo(path).LinkTarget is null)
                Directory.Delete(path);
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            // Something is in it, or it is gone.
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

    public IEnumerable<string> Names(string path)
    {
        try
        {
            return Directory.EnumerateFiles(path).Select(static f => Path.GetFileName(f));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public IReadOnlyList<string> Folders(string path)
    {
        var folder = new DirectoryInfo(path);
        return folder.Exists ? [.. folder.EnumerateDirectories().Select(static f => f.Name)] : [];
    }

    public IDisposable Lock(string path)
    {
        try
        {
            return new HeldFile(Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        }
        catch (IOException e) when (Held.ContainsKey(path))
        {
            throw new LockedHereException(e.Message, e);
        }
    }

    private static FileStream Open(string path, FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnFile;
        return new FileStream(path, options);
    }

    private sealed class HeldFile : IDisposable
    {
        private readonly FileStream _file;

        public HeldFile(FileStream file)
        {
            _file = file;
            Held[file.Name] = true;
        }

        public void Dispose()
        {
            Held.TryRemove(_file.Name, out _);
            _file.Dispose();
        }
    }
}

/// <summary>Thrown where this process has locked the file already.</summary>
internal sealed class LockedHereException(string message, Exception inner) : IOException(message, inner);

/// <summary>Syncs the names in a folder to the disk, for which .NET has no call. Windows writes them through by itself.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    public static void Sync(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Open(path, ReadOnly);
        if (folder < 0)
            throw Failed(path);
        try
        {
            if (FSync(folder) != 0)
                throw Failed(path);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static IOException Failed(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"the folder {path} could not be synced: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
