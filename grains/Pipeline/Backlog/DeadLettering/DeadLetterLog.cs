using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Backlog.DeadLettering;

/// <summary>
/// The dead letters of one stream, in a log of segments of their own. The number of a dead letter is its segment's number + 1, times 65,536, plus its
/// index in the segment.
/// </summary>
internal sealed class DeadLetterLog : IDeadLetters, IAsyncDisposable
{
    private const int IndexBits = 16;

    /// <summary>How often a write is tried that the store did not acknowledge. One that has no room is tried once.</summary>
    private const int MaxTries = 4;

    /// <summary>How long a requeue goes on to more segments, and a command waits for another one: in a tier its caller hears nothing after 40 s.</summary>
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(20);

    private readonly string _stream;
    private readonly IPipelineEvents _events;
    private readonly TimeProvider _time;
    private readonly SegmentIndex _index;
    private readonly Action? _foundDamaged;
    private readonly SemaphoreSlim _lock = new(1);

    // Requeues and drops come one at a time. While they wait for the backlog, letters are still added.
    private readonly SemaphoreSlim _commands = new(1);
    private (LogSegment Segment, byte[] Bytes)? _unfinished;
    private long _damaged;

    private DeadLetterLog(string stream, SegmentIndex index, IPipelineEvents events, TimeProvider time, Action? foundDamaged) =>
        (_stream, _index, _events, _time, _foundDamaged) = (stream, index, events, time, foundDamaged);

    /// <summary>Gets the number of dead letters that wait for an operator.</summary>
    public long Count => _index.All().Sum(static s => (long)s.Waiting);

    /// <summary>Gets the number of segments that could not be read and were set aside, by this process or an earlier one.</summary>
    public long Damaged => _index.Log.SetAside + Interlocked.Read(ref _damaged);

    /// <summary>Called with the number of dead letters that were counted, and cannot be read.</summary>
    public Action<int> Lost { get; set; } = static _ => { };

    /// <summary>Opens the dead letters of a stream. Their previous owner can write no more.</summary>
    /// <param name="foundDamaged">Called for each segment that cannot be read, also while it opens; null for nobody.</param>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public static async Task<DeadLetterLog> OpenAsync(
        string stream, IBacklogStore store, IPipelineEvents events, TimeProvider time, CancellationToken cancellationToken, Action? foundDamaged = null)
    {
        var log = await store.OpenAsync(stream, SegmentLogKind.DeadLetters, cancellationToken).ConfigureAwait(false);
        var letters = new DeadLetterLog(stream, SegmentIndex.Open(stream, log, events), events, time, foundDamaged);
        // Those that the store could not count.
        foreach (var segment in letters._index.All().Where(static s => !s.IsCounted))
            await letters.ReadAsync(segment, cancellationToken).ConfigureAwait(false);
        return letters;
    }

    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (letters.Count > 1 << IndexBits)
            throw new ArgumentOutOfRangeException(nameof(letters), letters.Count, "a segment holds 65,536 letters at most");
        using var turn = await _lock.EnterAsync(cancellationToken).ConfigureAwait(false);
        await ForgetGivenUpAsync(cancellationToken).ConfigureAwait(false);
        var segment = _index.Begin();
        segment.Counted(letters.Count);
        var first = FirstOf(segment);
        _unfinished = (segment, DeadLetterSegment.Encode([.. letters.Select((l, i) => l with { Number = first + i })]));
        await WriteAsync(segment, _unfinished.Value.Bytes, cancellationToken).ConfigureAwait(false);
        _unfinished = null;
    }

    /// <summary>Lists dead letters by ascending number.</summary>
    /// <param name="after">Only dead letters with a higher number are listed.</param>
    /// <param name="max">The maximum number of dead letters to return.</param>
    /// <param name="enoughBytes">No further segment is read once their data has so many bytes.</param>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(long after, int max, long enoughBytes, CancellationToken cancellationToken)
    {
        var (list, bytes) = (new List<DeadLetter>(), 0L);
        foreach (var segment in _index.All())
        {
            if (list.Count >= max || bytes >= enoughBytes)
                break;
            if (segment.Waiting == 0 || FirstOf(segment) + segment.Count <= after + 1)
                continue;
            DeadLetter[] letters = [.. (await ReadAsync(segment, cancellationToken).ConfigureAwait(false)).Where(l => l.Number > after)];
            list.AddRange(letters);
            bytes += letters.Sum(static l => (long)l.Record.Data.Length);
        }

        return list.Count <= max ? list : list[..max];
    }

    /// <summary>Lists the newest dead letters by ascending number, a whole segment at a time.</summary>
    /// <param name="enough">No further segment is read once there are so many.</param>
    /// <param name="enoughBytes">No further segment is read once their data has so many bytes.</param>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<IReadOnlyList<DeadLetter>> ListNewestAsync(int enough, long enoughBytes, CancellationToken cancellationToken)
    {
        var (newest, bytes) = (new List<DeadLetter>(), 0L);
        foreach (var segment in _index.All().AsEnumerable().Reverse().TakeWhile(_ => newest.Count < enough && bytes < enoughBytes))
        {
            DeadLetter[] letters = [.. await ReadAsync(segment, cancellationToken).ConfigureAwait(false)];
            newest.AddRange(letters.Reverse());
            bytes += letters.Sum(static l => (long)l.Record.Data.Length);
        }

        newest.Reverse();
        return newest;
    }

    /// <summary>Drops dead letters for good.</summary>
    /// <param name="numbers">The numbers of the dead letters; null for all.</param>
    /// <param name="dropped">Counts them: they are gone from here on, whether or not the store knows it yet.</param>
    /// <returns>The number of dead letters that were dropped.</returns>
    /// <exception cref="BacklogStoreException">
    /// The store did not answer, or refused: the dead letters may be there again after a restart. A later call tells the store once more.
    /// </exception>
    public async Task<int> DropAsync(IReadOnlyCollection<long>? numbers, Action<int> dropped, CancellationToken cancellationToken)
    {
        var (turn, meant) = await BeginAsync(numbers, cancellationToken).ConfigureAwait(false);
        using var _ = turn;
        foreach (var (segment, indexes) in meant)
            Remove(segment, indexes);
        var count = meant.Sum(static m => m.Indexes.Count);
        dropped(count);
        await SaveAsync().ConfigureAwait(false);
        return count;
    }

    /// <summary>
    /// Hands dead letters over to be retried. Others may come meanwhile: where those that were put are refused again, nothing moves until they are kept.
    /// </summary>
    /// <param name="numbers">The numbers of the dead letters; null for all.</param>
    /// <param name="put">
    /// Takes the records of some of them, with their producer numbers, all of them Kinesis records of their own or none; they are durable when it completes.
    /// </param>
    /// <returns>The number of dead letters that were handed over.</returns>
    /// <exception cref="BacklogStoreException">
    /// The store did not answer, or refused, or not all were taken; some dead letters may have been handed over. Those are gone here, but may be there
    /// again after a restart where the store did not answer.
    /// </exception>
    public async Task<int> RequeueAsync(IReadOnlyCollection<long>? numbers, Func<IReadOnlyList<DeadLetter>, Task> put, CancellationToken cancellationToken)
    {
        var (began, requeued) = (_time.GetTimestamp(), 0);
        var (turn, meant) = await BeginAsync(numbers, cancellationToken).ConfigureAwait(false);
        using var _ = turn;
        BacklogStoreException? refusal = null;
        for (var next = 0; next < meant.Count && refusal is null; next++)
        {
            if (_time.GetElapsedTime(began) >= CommandLimit)
            {
                refusal = new BacklogStoreException($"one requeue takes {CommandLimit.TotalSeconds:0} s at most");
                break;
            }

            (var taken, refusal) = await PutAsync(meant[next].Segment, meant[next].Indexes, put, cancellationToken).ConfigureAwait(false);
            requeued += taken.Count;
            Remove(meant[next].Segment, taken);
            // Segment by segment: whoever is killed in between has put one of them twice at most.
            if (taken.Count > 0)
                await SaveAsync().ConfigureAwait(false);
        }

        if (requeued == 0 && refusal is null)
            await SaveAsync().ConfigureAwait(false);
        if (refusal is null)
            return requeued;
        var all = meant.Sum(static m => m.Indexes.Count);
        throw new BacklogStoreException(
            requeued == 0 ? $"none of {all} dead letters is in the backlog again; requeue them later, because {refusal.Message}"
                : $"{requeued} of {all} dead letters are in the backlog again; requeue the others later, because {refusal.Message}", refusal.IsFull, refusal);
    }

    public async ValueTask DisposeAsync() => await _index.Log.DisposeAsync().ConfigureAwait(false);

    private static long FirstOf(LogSegment segment) => (segment.Number + 1) << IndexBits;

    private static List<int> IndexesOf(LogSegment segment, IReadOnlyCollection<long>? numbers)
    {
        if (segment.Waiting == 0)
            return [];
        var first = FirstOf(segment);
        var meant = numbers is null
            ? Enumerable.Range(0, segment.Count)
            : numbers.Where(n => n >= first && n < first + segment.Count).Select(n => (int)(n - first)).Distinct();
        return [.. meant.Where(i => !segment.IsDone(i)).Order()];
    }

    /// <summary>Waits for a command's turn, and finds what it means. One whose caller has heard that it failed must not be carried out later.</summary>
    private async Task<(Turn Turn, List<(LogSegment Segment, List<int> Indexes)> Meant)> BeginAsync(
        IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CommandLimit, _time);
        using var caller = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), limit);
        try
        {
            var turn = await _commands.EnterAsync(limit.Token).ConfigureAwait(false);
            try
            {
                return (turn, await MeantAsync(numbers, limit.Token).ConfigureAwait(false));
            }
            catch
            {
                turn.Dispose();
                throw;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BacklogStoreException(
                $"another command on the dead letters of {_stream} is under way, or their store does not answer; nothing was done");
        }
    }

    /// <summary>Puts letters of a segment again. Returns the indexes of those that were taken, and why the others were not; null where all were.</summary>
    private async Task<(List<int> Taken, BacklogStoreException? Refusal)> PutAsync(
        LogSegment segment, List<int> indexes, Func<IReadOnlyList<DeadLetter>, Task> put, CancellationToken cancellationToken)
    {
        var first = FirstOf(segment);
        List<int> there = [];
        try
        {
            // A segment that cannot be read has been set aside: it has no letters any more.
            var letters = (await ReadAsync(segment, cancellationToken).ConfigureAwait(false)).ToDictionary(static l => l.Number);
            there = indexes.FindAll(i => letters.ContainsKey(first + i));
            await put([.. there.Select(i => letters[first + i])]).ConfigureAwait(false);
            return (there, null);
        }
        catch (NotAllRequeuedException e)
        {
            return ([.. there.Where((_, i) => e.Written[i])], e);
        }
        catch (BacklogStoreException e) when (e is not BacklogFencedException)
        {
            return ([], e);
        }
    }

    /// <summary>Returns which letters are meant. One of a write that was given up is not: its caller hands it over again.</summary>
    private async Task<List<(LogSegment Segment, List<int> Indexes)>> MeantAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken)
    {
        using var turn = await _lock.EnterAsync(cancellationToken).ConfigureAwait(false);
        return [.. _index.All().Select(s => (s, IndexesOf(s, numbers))).Where(static m => m.Item2.Count > 0)];
    }

    private async Task SaveAsync()
    {
        using var turn = await _lock.EnterAsync().ConfigureAwait(false);
        await _index.SaveAsync().ConfigureAwait(false);
    }

    private void Remove(LogSegment segment, List<int> indexes)
    {
        if (indexes.Count == 0)
            return;
        segment.Enter(indexes.Count);
        foreach (var index in indexes)
            segment.Done(index);
        if (segment.IsOver)
            _index.Over(segment);
        else
            _index.Touch(segment);
    }

    /// <summary>
    /// Completes a write that an earlier call gave up, and removes what it wrote: its caller was told that those letters are not kept, and hands them over
    /// again. The store may have had the segment all along, so its number cannot be left out.
    /// </summary>
    private async Task ForgetGivenUpAsync(CancellationToken cancellationToken)
    {
        if (_unfinished is var (segment, bytes))
        {
            await WriteAsync(segment, bytes, cancellationToken).ConfigureAwait(false);
            Remove(segment, [.. Enumerable.Range(0, segment.Count)]);
            _unfinished = null;
        }

        if (_index.HasGarbage)
            await _index.SaveAsync().ConfigureAwait(false);
    }

    /// <summary>Writes a segment, a few times where the store does not acknowledge it. Whoever waits for longer holds up what would make room.</summary>
    private async Task WriteAsync(LogSegment segment, byte[] bytes, CancellationToken cancellationToken)
    {
        await StoreRetries.NewBackoff().RetryAsync(
            () => _index.Log.AppendAsync(segment.Number, bytes, cancellationToken),
            static (e, tries) => e is BacklogStoreException { IsFull: false } and not BacklogFencedException && tries < MaxTries, _time, cancellationToken)
            .ConfigureAwait(false);
        _index.Weigh(segment, bytes.Length);
        segment.Durable();
    }

    /// <summary>Reads the dead letters of a segment that still wait. A segment that cannot be read is set aside.</summary>
    private async Task<IEnumerable<DeadLetter>> ReadAsync(LogSegment segment, CancellationToken cancellationToken)
    {
        var bytes = await _index.Log.ReadAsync(segment.Number, cancellationToken).ConfigureAwait(false);
        try
        {
            if (bytes is null && segment.Damage is { } damage)
                throw damage;
            if (bytes is null)
            {
                // One whose letters were all dropped meanwhile is gone for good reason.
                if (segment.Waiting > 0 || !segment.IsCounted)
                    TellDamaged("nowhere", "the segment is gone");
                GiveUp(segment);
                return [];
            }

            var letters = DeadLetterSegment.Decode(bytes);
            segment.Counted(letters.Length);
            return letters.Where((_, index) => !segment.IsDone(index));
        }
        catch (SegmentFormatException e)
        {
            segment.Damage = e;
            var where = await _index.Log.SetAsideAsync(segment.Number, cancellationToken).ConfigureAwait(false);
            TellDamaged(where, e.Message);
            GiveUp(segment);
            return [];
        }
    }

    private void TellDamaged(string where, string why)
    {
        Interlocked.Increment(ref _damaged);
        _foundDamaged?.Invoke();
        _events.SegmentSetAside(_stream, where, why);
    }

    private void GiveUp(LogSegment segment)
    {
        Lost(segment.WriteOff());
        _index.Over(segment, isThere: false);
    }
}
