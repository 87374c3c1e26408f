using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Batches;

/// <summary>Keeps as many batches in flight as the window allows, and passes on each batch when all its records have outcomes.</summary>
/// <param name="window">The window that limits the bytes in flight.</param>
/// <param name="ended">Is called for each batch with its outcomes and the instant it was sent, one call at a time.</param>
/// <param name="free">The batches that may be used again, which several senders may share; null for its own.</param>
/// <param name="rested">Is called when no batch is under way any more.</param>
internal sealed class BatchSender(
    IBatchTarget target, InFlightWindow window, TimeProvider time, Action<PutBatch, DateTimeOffset> ended, FreeBatches? free = null,
    Action? rested = null)
{
    private readonly FreeBatches _free = free ?? new FreeBatches();
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = 1;
    private Exception? _fault;
    private PutBatch? _joined;

    private long _ownTime;

    /// <summary>Nanoseconds that were spent here and by who counts the outcomes, and not by the target.</summary>
    public long OwnTime => Volatile.Read(ref _ownTime);

    /// <summary>Why nothing more can be sent; null while it can.</summary>
    public CliException? Broken { get; private set; }

    /// <summary>Whether every batch has its outcomes, and none waits to be joined by another. Must not be called while a batch is being sent.</summary>
    public bool IsIdle => !HasRecords && _fault is null && Broken is null;

    /// <summary>Whether a batch has no outcomes yet, or waits to be joined by another. Must not be called while a batch is being sent.</summary>
    public bool HasRecords => Volatile.Read(ref _open) != 1 || _joined is { Count: > 0 };

    /// <summary>Goes on although a batch told that nothing more can be sent: later ones may. To be called while a batch is passed on.</summary>
    public void Forgive() => Broken = null;

    /// <summary>The batch that records join until they are sent. One caller at a time.</summary>
    public PutBatch Open => _joined ??= Rent();

    /// <summary>Sends the records that joined, if any; completes when the next may follow.</summary>
    public ValueTask SendOpenAsync()
    {
        if (_joined is not { Count: > 0 } batch)
            return ValueTask.CompletedTask;
        _joined = null;
        return SendAsync(batch);
    }

    /// <summary>Returns an empty batch.</summary>
    public PutBatch Rent() => _free.Rent();

    /// <summary>Starts sending a batch, which belongs to the sender from then on; completes when it is under way. One caller at a time.</summary>
    /// <param name="due">When its records were to be sent; null for now.</param>
    public async ValueTask SendAsync(PutBatch batch, DateTimeOffset? due = null)
    {
        await window.EnterAsync(batch.Cost).ConfigureAwait(false);
        Interlocked.Increment(ref _open);
        var enteredAt = time.GetTimestamp();
        var sentAt = due ?? time.GetUtcNow();
        Task sending;
        try
        {
            sending = await target.StartAsync(batch).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            sending = Task.FromException(exception);
        }

        _ = ObserveAsync(batch, sending, enteredAt, sentAt);
    }

    /// <summary>Completes when every batch has its outcomes. No batch may be sent afterwards.</summary>
    public async Task DrainAsync()
    {
        End();
        if (Broken is null)
            await target.FlushAsync().ConfigureAwait(false);
        await _idle.Task.ConfigureAwait(false);
    }

    private async Task ObserveAsync(PutBatch batch, Task sending, long enteredAt, DateTimeOffset sentAt)
    {
        var began = 0L;
        CliException? broken = null;
        try
        {
            await sending.ConfigureAwait(false);
            began = ThreadClock.Now;
            if (batch.Delivered is null)
                ThrowIfStreamIsMissing(batch.Outcomes);
        }
        catch (CliException exception)
        {
            broken = exception;
        }
        catch (Exception exception)
        {
            _fault ??= exception; // DrainAsync throws it.
            // Some may have been delivered, and only the rest was being sent again.
            batch.FailTheRest(exception.GetType().Name, exception.Message);
        }

        var cost = batch.Cost;
        try
        {
            lock (_lock)
            {
                Broken ??= broken;
                ended(batch, sentAt);
            }
        }
        catch (Exception exception)
        {
            _fault ??= exception; // Whoever waits for room, or for the end, must not wait for ever.
        }

        _free.Return(batch);
        window.Leave(cost, enteredAt);
        if (began > 0)
            Interlocked.Add(ref _ownTime, ThreadClock.Now - began);
        End();
    }

    private void End()
    {
        if (Interlocked.Decrement(ref _open) is > 0 and var open)
        {
            if (open == 1)
                rested?.Invoke();
            return;
        }

        if (_fault is null)
            _idle.SetResult();
        else
            _idle.SetException(_fault);
    }

    private static void ThrowIfStreamIsMissing(ReadOnlySpan<PutOutcome> outcomes)
    {
        foreach (ref readonly var outcome in outcomes)
        {
            if (outcome.ErrorCode is RecordErrorCodes.ResourceNotFound)
                throw CliException.NotThere($"the stream does not exist: {outcome.ErrorMessage}");
        }
    }
}

/// <summary>
/// The batches that nobody uses now. Each takes 130 KB and more, and the names of streams may come from the records: those of a stream that is done serve
/// the next one, and what a peak needed beyond a full window is left to the garbage collector.
/// </summary>
internal sealed class FreeBatches
{
    private const int Most = (int)(InFlightWindow.Largest / PutBatch.FullBytes);

    private readonly ConcurrentBag<PutBatch> _batches = [];

    /// <summary>How many there are; a moment more while they change hands.</summary>
    private int _count;

    /// <summary>Returns an empty batch.</summary>
    public PutBatch Rent()
    {
        if (!_batches.TryTake(out var batch))
            return new PutBatch();
        Interlocked.Decrement(ref _count);
        return batch;
    }

    /// <summary>Takes a batch that is done.</summary>
    public void Return(PutBatch batch)
    {
        batch.Clear();
        if (batch.IsLarge)
            return;
        if (Interlocked.Increment(ref _count) <= Most)
            _batches.Add(batch);
        else
            Interlocked.Decrement(ref _count);
    }
}

/// <summary>A target that batches are sent to. Many may be in flight at once.</summary>
internal interface IBatchTarget : IAsyncDisposable
{
    /// <summary>
    /// Starts sending a batch; completes when the next batch may follow. The returned inner task completes when the outcome of each record is
    /// set. Either fails with <see cref="Commands.CliException"/> only if no batch can be sent any more; the outcomes are set even then.
    /// </summary>
    ValueTask<Task> StartAsync(PutBatch batch);

    /// <summary>Sends at once what waits for more records: none follow. Completes when all records have their outcomes.</summary>
    Task FlushAsync() => Task.CompletedTask;

    /// <summary>Says in a sentence what is wrong with the way to Kinesis; null where nothing is, or nothing is known. Never throws.</summary>
    Task<string?> FindTroubleAsync() => Task.FromResult<string?>(null);
}

/// <summary>
/// The processor time of this thread, where the system tells it: time that passes while others have the processor is not the bench's. Elsewhere the time
/// that passed.
/// </summary>
internal static class ThreadClock
{
    private const int ThreadTimeOnLinux = 3;
    private const int ThreadTimeOnMac = 16;

    private static readonly int Clock = OperatingSystem.IsLinux() ? ThreadTimeOnLinux : OperatingSystem.IsMacOS() ? ThreadTimeOnMac : -1;

    /// <summary>Returns the time so far in nanoseconds; only differences mean something, and only on one thread.</summary>
    public static long Now => Clock >= 0 && Environment.Is64BitProcess && GetTime(Clock, out var time) == 0
        ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
        : (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
