using System.Buffers.Binary;
using System.Globalization;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>One log of a <see cref="FileBacklogStore"/>: a folder.</summary>
internal sealed class FileSegmentLog : ISegmentLog
{
    /// <summary>The suffix of files that are not finished; their contents were never acknowledged.</summary>
    public const string Unfinished = ".unfinished";

    /// <summary>The suffix of a segment that is done, while it becomes the progress: its number counts, and its contents do not.</summary>
    private const string Last = ".last";

    private const string Ending = ".segment";
    private const string ProgressFile = "progress";
    private const string AsideFolder = "aside";

    /// <summary>The most segments of which the first bytes are read when the log is opened, to count their records: some seconds of reading.</summary>
    private const int MostPeeked = 1 << 18;
    private const int PeeksAtOnce = 4;

    private readonly IBacklogFiles _files;
    private readonly string _folder;
    private readonly BacklogSync _sync;
    private readonly TaskScheduler _calls;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _saving = new(1);
    private readonly HashSet<Task> _underWay = [];
    private readonly List<string> _lasts = [];
    private byte[] _state;
    private long _savedNext;
    private long _highest;
    private bool _isFenced;

    public FileSegmentLog(IBacklogFiles files, string folder, BacklogSync sync, TaskScheduler calls)
    {
        (_files, _folder, _sync, _calls) = (files, folder, sync, calls);
        var there = files.Files(folder);
        foreach (var (name, _) in there.Where(static f => f.Name.EndsWith(Unfinished, StringComparison.Ordinal)))
            files.Delete(Path.Combine(folder, name));
        var found = there.Select(static f => (Number: NumberOf(f.Name), f.Bytes)).Where(static f => f.Number is not null)
            .Select(static f => new SegmentEntry(f.Number!.Value, (int)Math.Min(f.Bytes, int.MaxValue))).OrderBy(static f => f.Number).ToArray();
        var peeking = new ParallelOptions { MaxDegreeOfParallelism = PeeksAtOnce, TaskScheduler = calls };
        Parallel.For(0, Math.Min(found.Length, MostPeeked), peeking, i => found[i] = Peek(found[i]));
        Found = found;
        var progress = FileProgress.Read(files.Read(Path.Combine(folder, ProgressFile)));
        _state = progress.State;
        _savedNext = progress.NextNumber;
        var aside = files.Names(Path.Combine(folder, AsideFolder)).Select(static f => NumberOf(f)).OfType<long>().ToArray();
        SetAside = aside.Length;
        var lasts = there.Select(static f => NumberOf(f.Name, Last)).OfType<long>().ToArray();
        _lasts.AddRange(lasts.Select(n => PathOf(n, Last)));
        NextNumber = Math.Max(found.Select(static f => f.Number).Concat(aside).Concat(lasts).DefaultIfEmpty().Max() + 1, progress.NextNumber);
        _highest = NextNumber - 1;
        Progress = _state;
        // Names that a former process had not synced must not vanish once they were reported.
        if (sync == BacklogSync.Always)
            files.SyncFolder(folder);
    }

    public int MaxAppends => 4;

    public int MaxSegmentBytes => 32 << 20;

    public int TargetSegmentBytes => 1 << 20;

    public IReadOnlyList<SegmentEntry> Found { get; }

    public int SetAside { get; }

    public long NextNumber { get; }

    public ReadOnlyMemory<byte> Progress { get; }

    /// <summary>Returns the number in a file's name; null where it is not a segment.</summary>
    public static long? NumberOf(string name, string ending = Ending) =>
        name.EndsWith(ending, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, name.Length - ending.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Writes a file completely or not at all; its name is not on the disk yet.</summary>
    public static void Put(IBacklogFiles files, string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        try
        {
            files.Write(path + Unfinished, bytes, sync);
        }
        catch (IOException)
        {
            // On a full disk, the incomplete file takes up the last space.
            files.Delete(path + Unfinished);
            throw;
        }

        files.Rename(path + Unfinished, path);
    }

    public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, NextNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segment.Length, MaxSegmentBytes, nameof(segment));
        return RunAsync(
            () =>
            {
                Put(_files, PathOf(number), segment.Span, _sync == BacklogSync.Always);
                SyncFolder();
                lock (_lock)
                    _highest = Math.Max(_highest, number);
                return true;
            },
            cancellationToken);
    }

    public Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) =>
        RunAsync(() => _files.Read(PathOf(number)), cancellationToken, isWrite: false);

    public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) =>
        SaveAsync(progress.ToArray(), cancellationToken);

    public async Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        // The highest number must survive, either in its file's name or in the progress. The other files go first: on a full disk, the progress has
        // room only then.
        long highest;
        lock (_lock)
            highest = _highest;
        await DeleteAsync([.. numbers.Where(n => n != highest)], cancellationToken).ConfigureAwait(false);
        if (!numbers.Contains(highest))
            return;
        // No other file is left whose removal makes room.
        if (highest >= Volatile.Read(ref _savedNext))
            await SaveAsync(null, cancellationToken, highest).ConfigureAwait(false);
        await DeleteAsync([highest], cancellationToken, syncsFirst: true).ConfigureAwait(false);
    }

    public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            var aside = Path.Combine(_folder, AsideFolder);
            _files.CreateFolder(aside);
            var path = Path.Combine(aside, NameOf(number));
            // A former try may have moved it, and failed then.
            if (_files.ReadHead(PathOf(number), 1) is not null)
                _files.Rename(PathOf(number), path);
            if (_sync == BacklogSync.Always)
            {
                _files.SyncFolder(aside);
                _files.SyncFolder(_folder);
            }

            return path;
        },
        cancellationToken);

    /// <summary>Refuses all writes from now on.</summary>
    public void Fence()
    {
        lock (_lock)
            _isFenced = true;
    }

    /// <summary>Completes the write under way; nothing can be written any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Fence();
        Task[] underWay;
        lock (_lock)
            underWay = [.. _underWay];
        await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Deletes all files that it can: were one the last of them, those behind it would fill the disk.</summary>
    /// <param name="syncsFirst">Whether former renames are synced first: a loss of power must not undo them and keep the removal.</param>
    private Task<bool> DeleteAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken, bool syncsFirst = false) => RunAsync(
        () =>
        {
            if (syncsFirst)
                SyncFolder();
            Exception? refusal = null;
            foreach (var number in numbers)
            {
                try
                {
                    _files.Delete(PathOf(number));
                }
                catch (Exception e) when (FileFailure.Is(e))
                {
                    refusal ??= e;
                }
            }

            return refusal is null ? true : throw FileFailure.Of(_folder, refusal);
        },
        cancellationToken);

    private static string NameOf(long number, string ending = Ending) => string.Create(CultureInfo.InvariantCulture, $"{number:D19}{ending}");

    private string PathOf(long number, string ending = Ending) => Path.Combine(_folder, NameOf(number, ending));

    /// <summary>Counts the records of a segment by its first bytes.</summary>
    private SegmentEntry Peek(SegmentEntry entry)
    {
        try
        {
            var head = _files.ReadHead(PathOf(entry.Number), SegmentHeader.HeadBytes);
            return SegmentHeader.EntryOf(entry.Number, entry.Bytes, head);
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            // Reading the whole segment fails the same way, is told then, and is tried again.
            return entry;
        }
    }

    /// <param name="state">The state to save; null for the last saved state, with the current next number.</param>
    /// <param name="done">A segment that is done, and goes afterwards; null for none.</param>
    private async Task SaveAsync(byte[]? state, CancellationToken cancellationToken, long? done = null)
    {
        using var turn = await _saving.EnterAsync(cancellationToken).ConfigureAwait(false);
        await RunAsync(
            () =>
            {
                long next;
                lock (_lock)
                    next = _highest + 1;
                var progress = new FileProgress(next, state ?? _state);
                PutProgress(progress.ToFile(), done);
                // The progress has their numbers now.
                if (_lasts.Count > 0)
                    SyncFolder();
                _lasts.ForEach(_files.Delete);
                _lasts.Clear();
                _state = progress.State;
                Volatile.Write(ref _savedNext, next);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Replaces the file of the progress.</summary>
    /// <param name="done">
    /// A segment whose file becomes the progress where a full disk has no room for one. Where there is a progress, that is written over: if the process ends
    /// meanwhile, none is left, and segments that are done are replayed. Null where neither may be.
    /// </param>
    private void PutProgress(byte[] file, long? done)
    {
        var path = Path.Combine(_folder, ProgressFile);
        try
        {
            Put(_files, path, file, _sync == BacklogSync.Always);
        }
        catch (IOException e) when (done is { } number && FileFailure.IsFull(e))
        {
            if (_files.ReadHead(path, 1) is not null)
            {
                _files.Write(path, file, _sync == BacklogSync.Always);
                return;
            }

            // Its name tells the highest number until it is the progress, and that its contents are no segment any more.
            var (segment, last) = (PathOf(number), PathOf(number, Last));
            _lasts.Add(last);
            // A former try may have renamed it, and failed then.
            if (_files.ReadHead(segment, 1) is not null)
                _files.Rename(segment, last);
            SyncFolder();
            _files.Write(last, file, _sync == BacklogSync.Always);
            _files.Rename(last, path);
        }
    }

    /// <summary>Makes what was renamed or created in the folder survive a loss of power, where the setting asks for that.</summary>
    private void SyncFolder()
    {
        if (_sync == BacklogSync.Always)
            _files.SyncFolder(_folder);
    }

    /// <summary>Runs a call. Closing the log waits for it.</summary>
    private async Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken, bool isWrite = true)
    {
        Task<T> running;
        lock (_lock)
        {
            if (_isFenced && isWrite)
                throw new BacklogFencedException($"the backlog in {_folder} was closed, or opened again");
            cancellationToken.ThrowIfCancellationRequested();
            running = Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _calls);
            _underWay.Add(running);
        }

        try
        {
            return await running.ConfigureAwait(false);
        }
        catch (Exception e) when (FileFailure.Is(e))
        {
            throw FileFailure.Of(_folder, e);
        }
        finally
        {
            lock (_lock)
                _underWay.Remove(running);
        }
    }
}

/// <summary>
/// The file that holds a log's state: <c>format 1, 8 bytes: the next number, the state, 4 bytes of CRC-32C over all before</c>, little endian. The
/// next number is above all segments that the state mentions. So a state that a loss of power restores never refers to segments that were written
/// later.
/// </summary>
/// <param name="NextNumber">The lowest number that was free.</param>
/// <param name="State">The state that the log's owner saved.</param>
internal readonly record struct FileProgress(long NextNumber, byte[] State)
{
    private const byte Format = 1;
    private const int HeadBytes = 1 + sizeof(long);

    /// <summary>The progress where the file is missing or damaged: segments that were done are then replayed, and nothing is lost.</summary>
    public static readonly FileProgress None = new(1, []);

    public static FileProgress Read(byte[]? file)
    {
        if (file is null || file.Length < HeadBytes + sizeof(uint) || file[0] != Format)
            return None;
        var end = file.Length - sizeof(uint);
        if (Crc32C.Of(file.AsSpan(0, end)) != BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end)))
            return None;
        return new FileProgress(Math.Max(1, BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(1))), file[HeadBytes..end]);
    }

    public byte[] ToFile()
    {
        var file = new byte[HeadBytes + State.Length + sizeof(uint)];
        file[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(1), NextNumber);
        State.CopyTo(file.AsSpan(HeadBytes));
        var end = HeadBytes + State.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(end), Crc32C.Of(file.AsSpan(0, end)));
        return file;
    }
}
