using System.Text;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// Stores segments as files: <c>DIRECTORY/STREAM/records/NUMBER.segment</c>. Each is written under another name, synced, renamed, and the folder
/// synced. Only one process at a time can use it: the store holds <c>DIRECTORY/lock</c> until it is disposed. Rows are files too:
/// <c>DIRECTORY/STREAM/KIND</c>.
/// </summary>
internal sealed class FileBacklogStore : IBacklogStore, IRowStore
{
    private const string LockFile = "lock";
    private const string NameFile = "stream";
    private const string FormatFile = "format";

    private static readonly byte[] Format = Encoding.ASCII.GetBytes("Orleans.Kpl backlog 1\n");

    private readonly IBacklogFiles _files;
    private readonly string _directory;
    private readonly BacklogSync _sync;
    private readonly IDisposable _lock;
    private readonly TaskScheduler _calls;
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Dictionary<string, FileSegmentLog> _open = [];
    private bool _isDisposed;

    private FileBacklogStore(IBacklogFiles files, string directory, BacklogSync sync, IDisposable held, TaskScheduler calls) =>
        (_files, _directory, _sync, _lock, _calls) = (files, directory, sync, held, calls);

    /// <summary>Opens the backlog in a folder, and creates the folder if it is missing.</summary>
    /// <exception cref="BacklogStoreException">Another process holds the folder, or it cannot be written, is not a backlog, or is of a later
    /// version.</exception>
    public static FileBacklogStore Open(string directory, BacklogSync sync) =>
        Open(new DiskFiles(), Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)), sync);

    /// <summary>Opens a folder of the given file system.</summary>
    /// <param name="calls">Runs the calls of that file system; null for threads of their own.</param>
    internal static FileBacklogStore Open(IBacklogFiles files, string directory, BacklogSync sync, TaskScheduler? calls = null)
    {
        IDisposable? held = null;
        try
        {
            MakeRoot(files, directory, sync);
            held = Hold(files, directory);
            CheckFormat(files, directory);
            return new FileBacklogStore(files, directory, sync, held, calls ?? new DiskThreads());
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            held?.Dispose();
            throw FileFailure.Of(directory, e);
        }
        catch (BacklogStoreException)
        {
            held?.Dispose();
            throw;
        }
    }

    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => RunAsync<IReadOnlyList<string>>(
        () => [.. _files.Folders(_directory).Where(HoldsSomething).Select(StreamOf).OfType<string>()], cancellationToken);

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
    {
        var folder = FolderOf(stream);
        var ofKind = Path.Combine(folder, NameOf(kind));
        using var turn = await _opening.EnterAsync(cancellationToken).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // The former owner's pending write has either completed or will never be made before the folder is read.
        if (_open.Remove(ofKind, out var former))
            await former.DisposeAsync().ConfigureAwait(false);
        return _open[ofKind] = await RunAsync(
            () =>
            {
                MakeStreamFolder(stream);
                MakeFolder(_files, folder, ofKind, _sync);
                return new FileSegmentLog(_files, ofKind, _sync, _calls);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Forgets a stream whose logs never held anything, and takes its folders away. Whoever makes up names of streams would fill memory and disk with them.
    /// </summary>
    public async Task LetGoAsync(ISegmentLog log, bool isEmpty)
    {
        using var turn = await _opening.EnterAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed || _open.FirstOrDefault(o => o.Value == log).Key is not { } ofRecords)
                return;
            _open.Remove(ofRecords);
            var folder = Path.GetDirectoryName(ofRecords)!;
            if (isEmpty)
                await StartAsync(() => DeleteIfEmpty(folder)).ConfigureAwait(false);
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            // What is left is empty, and taken away when the stream closes again.
        }
    }

    /// <remarks>Nobody else has the folder, so whatever is read is the version that is replaced next.</remarks>
    public Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) => RowAsync(
        () => _files.FolderExists(FolderOf(key)) && _files.Read(Path.Combine(FolderOf(key), kind)) is { } text
            ? new StateRow(kind, key, 1, Encoding.UTF8.GetString(text)) : null,
        cancellationToken);

    public Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) => RowAsync(
        () =>
        {
            MakeStreamFolder(key);
            Replace(_files, FolderOf(key), kind, Encoding.UTF8.GetBytes(text));
            return new StateRow(kind, key, over + 1, text);
        },
        cancellationToken);

    /// <summary>Gets the folder.</summary>
    public string Folder => _directory;

    /// <summary>Reads the text of a row, whoever uses the folder; null where there is none.</summary>
    /// <exception cref="BacklogStoreException">The folder cannot be read.</exception>
    public static string? ReadRow(string directory, string kind, string stream)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, FolderName.Of(stream), kind));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            throw FileFailure.Of(directory, e);
        }
    }

    /// <summary>Closes all logs, completing their writes first, then releases the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        using var turn = await _opening.EnterAsync().ConfigureAwait(false);
        if (_isDisposed)
            return;
        _isDisposed = true;
        foreach (var log in _open.Values)
            await log.DisposeAsync().ConfigureAwait(false);
        // Closing a file may wait for a disk that is mounted from elsewhere.
        await StartAsync(_lock.Dispose).ConfigureAwait(false);
    }

    /// <summary>Writes a small file completely or not at all. It is written seldom, so it is synced whatever the policy.</summary>
    private static void Replace(IBacklogFiles files, string folder, string name, ReadOnlySpan<byte> bytes)
    {
        FileSegmentLog.Put(files, Path.Combine(folder, name), bytes, sync: true);
        files.SyncFolder(folder);
    }

    private static string NameOf(SegmentLogKind kind) => kind == SegmentLogKind.Records ? "records" : "dead-letters";

    /// <summary>
    /// Creates a folder if it is missing. The name of an existing folder may not be on the disk yet: the process that created it may have stopped
    /// before it was synced.
    /// </summary>
    private static void MakeFolder(IBacklogFiles files, string parent, string folder, BacklogSync sync)
    {
        files.CreateFolder(folder);
        if (sync == BacklogSync.Always)
            files.SyncFolder(parent);
    }

    /// <summary>Creates the backlog's folder and its missing parents. A folder that exists belongs to its operator, who created it.</summary>
    private static void MakeRoot(IBacklogFiles files, string folder, BacklogSync sync)
    {
        var parent = Path.GetDirectoryName(folder);
        if (files.FolderExists(folder) || parent is null)
            return;
        MakeRoot(files, parent, sync);
        MakeFolder(files, parent, folder, sync);
    }

    private static IDisposable Hold(IBacklogFiles files, string directory)
    {
        try
        {
            return files.Lock(Path.Combine(directory, LockFile));
        }
        catch (LockedHereException e)
        {
            throw new BacklogStoreException(
                $"the backlog in {directory} is in use by another producer of this process: one producer takes records for all streams, "
                + "and a second one needs a folder of its own (Kpl:Backlog:Directory). One that has ended keeps its own while the disk does not answer",
                inner: e);
        }
        catch (IOException e)
        {
            throw new BacklogStoreException($"the backlog in {directory} is in use by another process, or cannot be locked: {e.Message}", inner: e);
        }
    }

    private static void CheckFormat(IBacklogFiles files, string directory)
    {
        var found = files.Read(Path.Combine(directory, FormatFile));
        if (found is null or [])
            Replace(files, directory, FormatFile, Format);
        else if (!found.AsSpan().SequenceEqual(Format))
            throw new BacklogStoreException($"what lies in {directory} is no backlog, or one of a later version: its file {FormatFile} says {Encoding.UTF8.GetString(found).Trim()}");
    }

    private string FolderOf(string stream) => Path.Combine(_directory, FolderName.Of(stream));

    private void MakeStreamFolder(string stream)
    {
        // Somebody may have moved the backlog, or unmounted it: what is written in its place no lock guards, and nobody finds once it is back.
        if (_files.Read(Path.Combine(_directory, FormatFile)) is null)
            throw new IOException($"it is not there any more: there is no file {FormatFile}");
        var (name, folder) = (FolderName.Of(stream), FolderOf(stream));
        MakeFolder(_files, _directory, folder, _sync);
        // Once is enough: on a full disk it could not be written again.
        if (FolderName.IsCut(name) && StreamOf(name) != stream)
            Replace(_files, folder, NameFile, Encoding.UTF8.GetBytes(stream));
    }

    private void DeleteIfEmpty(string folder)
    {
        foreach (var ofKind in LogFoldersOf(folder))
        {
            _files.DeleteEmptyFolder(ofKind);
            if (!_files.FolderExists(ofKind))
                _open.Remove(ofKind);
        }

        // The name of a stream whose folder has another one.
        if (_files.Folders(folder).Count == 0 && _files.Names(folder).All(static f => f == NameFile))
            _files.Delete(Path.Combine(folder, NameFile));
        _files.DeleteEmptyFolder(folder);
    }

    /// <remarks>Another stream's log, or this one's, may be written meanwhile: its files come and go.</remarks>
    private bool HoldsSomething(string folder) =>
        LogFoldersOf(Path.Combine(_directory, folder)).Any(log => _files.Names(log).Any(static f => FileSegmentLog.NumberOf(f) is not null));

    private static IEnumerable<string> LogFoldersOf(string folder) => Enum.GetValues<SegmentLogKind>().Select(k => Path.Combine(folder, NameOf(k)));

    private string? StreamOf(string folder)
    {
        if (!FolderName.IsCut(folder))
            return FolderName.StreamOf(folder);
        var name = _files.Read(Path.Combine(_directory, folder, NameFile));
        return name is { Length: > 0 } && Encoding.UTF8.GetString(name) is var stream && FolderName.Of(stream) == folder ? stream : null;
    }

    /// <exception cref="StateStoreException">The file system failed.</exception>
    private async Task<StateRow?> RowAsync(Func<StateRow?> call, CancellationToken cancellationToken)
    {
        using var turn = await _opening.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return await RunAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (BacklogStoreException e)
        {
            throw new StateStoreException(e.Message, e);
        }
    }

    private Task StartAsync(Action call) => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _calls);

    private async Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Factory.StartNew(call, cancellationToken, TaskCreationOptions.DenyChildAttach, _calls).ConfigureAwait(false);
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            throw FileFailure.Of(_directory, e);
        }
    }
}

/// <summary>Converts errors of a file system to those of a store.</summary>
internal static class FileFailure
{
    // POSIX ENOSPC and EDQUOT, as Linux and macOS number them; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED of Windows.
    private const int NoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;
    private const int HandleDiskFull = unchecked((int)0x80070027);
    private const int DiskFull = unchecked((int)0x80070070);
    private const int DiskQuota = unchecked((int)0x8007050F);

    /// <summary>Returns whether a file system throws such an exception.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static BacklogStoreException Of(string folder, Exception exception) =>
        new($"backlog in {folder}: {(IsFull(exception) ? "the disk is full, free space on it: " : "")}{exception.Message}", IsFull(exception), exception);

    /// <summary>Returns whether a file system throws that for want of space.</summary>
    public static bool IsFull(Exception exception) => exception is IOException { HResult: var error } && (OperatingSystem.IsWindows()
        ? error is HandleDiskFull or DiskFull or DiskQuota
        : error == NoSpace || error == (OperatingSystem.IsMacOS() ? MacQuota : LinuxQuota));
}
