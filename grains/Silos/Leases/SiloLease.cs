using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Leases;

/// <summary>
/// This silo's proof to itself that it is alive: a row renewed every two seconds, valid for five. A silo that cannot renew it, because it
/// was frozen or cut off, stops sending for ordered shards, and before it sends again it makes sure that they are still its own. The lease
/// is measured from before each renewal began, and is over when either clock says so: the monotonic one stands still while the machine is
/// suspended, and the wall clock may be set. Other silos see renewals through <see cref="LeaseWatch"/>.
/// </summary>
internal sealed partial class SiloLease(IStateStore store, LiveSilos silos, TimeProvider time, ILogger<SiloLease> logger) : IAsyncDisposable
{
    /// <summary>How long after a renewal began this silo may send.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(5);

    /// <summary>The kind of the rows; each silo's key is its address as text.</summary>
    public const string Kind = "lease";

    /// <summary>The text of a lease whose silo reads who owns its shards before it trusts the lease again.</summary>
    public const string Doubted = "doubted";

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(2);

    /// <summary>How long a renewal waits for an answer before it is begun anew: two may be lost before the lease is over.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    /// <summary>How long it waits once two in a row had none, until answers are quick again: a store that is slow renews the lease too.</summary>
    private static readonly TimeSpan SlowAnswerWithin = TimeSpan.FromSeconds(2.25);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);

    private readonly BackgroundLoop _renewing = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Renewal? _renewal;
    private volatile bool _isGood;
    private long _version;
    private int _unanswered;

    /// <summary>
    /// Called when a lapsed lease was renewed: other silos may own the shards now. The lease is valid again only when this completes, and
    /// no call here can have records of a shard that was lost.
    /// </summary>
    public Func<CancellationToken, Task>? Reassure { get; set; }

    /// <summary>Whether this silo may send.</summary>
    public bool IsHeld => Left > TimeSpan.Zero;

    /// <summary>How long it may still send unless the lease is renewed; zero or less for not at all.</summary>
    public TimeSpan Left
    {
        get
        {
            if (!_isGood || _renewal is not { } last)
                return TimeSpan.Zero;
            var (elapsed, byWallClock) = (time.GetElapsedTime(last.Stamp), time.GetUtcNow() - last.At);
            return TimeToLive - (elapsed > byWallClock ? elapsed : byWallClock);
        }
    }

    /// <summary>Starts renewing, with the first shard that needs it; completes when the lease is held for the first time.</summary>
    public Task HoldAsync()
    {
        _renewing.Start(RenewAsync);
        return _first.Task;
    }

    /// <summary>
    /// Has a living silo read who owns its shards, because one was taken from it: its next renewal meets this write. When its lease of now is over, it
    /// has done so, or has no lease.
    /// </summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused: nothing is known.</exception>
    public static async Task DoubtAsync(IStateStore store, string silo, CancellationToken cancellationToken)
    {
        while (await store.ReadAsync(Kind, silo, cancellationToken).ConfigureAwait(false) is { Text.Length: 0 } row)
        {
            if (await store.WriteAsync(Kind, silo, row.Version, Doubted, cancellationToken).ConfigureAwait(false) is not null)
                return;
        }
    }

    public ValueTask DisposeAsync() => _renewing.DisposeAsync();

    private async Task RenewAsync(CancellationToken stopping)
    {
        while (true)
        {
            var (wait, began) = (RetryAfter, time.GetTimestamp());
            try
            {
                // From the beginning of one to that of the next: what the store takes for its answer is not on top.
                if (await TryRenewAsync(stopping).ConfigureAwait(false) && RenewEvery - time.GetElapsedTime(began) is var left && left > wait)
                    wait = left;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogNotRenewed(e);
            }

            await Task.Delay(wait, time, stopping).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryRenewAsync(CancellationToken stopping)
    {
        var renewal = new Renewal(time.GetTimestamp(), time.GetUtcNow());
        if (!await TryWriteAsync(stopping).ConfigureAwait(false))
            return false;
        if (!IsHeld)
        {
            _isGood = false;
            if (Reassure is { } reassure)
                await reassure(stopping).ConfigureAwait(false);
            // The look may take longer than a lease. Whoever took a shard after its row was read doubts the lease: this write meets that, as any renewal does.
            renewal = new Renewal(time.GetTimestamp(), time.GetUtcNow());
            if (!await TryWriteAsync(stopping).ConfigureAwait(false))
                return false;
        }

        _renewal = renewal;
        _isGood = true;
        _first.TrySetResult();
        return true;
    }

    /// <summary>Writes the row over the version of before. False where that is not there any more: the next write is over the one that was found.</summary>
    private async Task<bool> TryWriteAsync(CancellationToken stopping)
    {
        var key = silos.Self.ToParsableString();
        var row = await AnswerAsync(c => store.WriteAsync(Kind, key, _version, "", c), stopping).ConfigureAwait(false);
        if (row is null)
        {
            // A write without an answer was done, the row was deleted, or another silo doubts the lease.
            var found = await AnswerAsync(c => store.ReadAsync(Kind, key, c), stopping).ConfigureAwait(false);
            _version = found?.Version ?? 0;
            if (found?.Text == Doubted)
                _isGood = false;
            return false;
        }

        _version = row.Version;
        return true;
    }

    /// <summary>Waits for an answer. A call that is given up is cancelled: it would be tried again, and a write of it would meet the next renewal.</summary>
    private async Task<StateRow?> AnswerAsync(Func<CancellationToken, Task<StateRow?>> ask, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var began = time.GetTimestamp();
        try
        {
            var answer = await ask(over.Token).Observed().WaitAsync(_unanswered < 2 ? AnswerWithin : SlowAnswerWithin, time, stopping).ConfigureAwait(false);
            if (time.GetElapsedTime(began) < AnswerWithin)
                _unanswered = 0;
            return answer;
        }
        catch (TimeoutException)
        {
            _unanswered++;
            throw;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    [LoggerMessage(70, LogLevel.Warning, "The lease of this silo was not renewed; without it nothing of ordered streams is sent")]
    private partial void LogNotRenewed(Exception error);

    /// <summary>When a renewal began, by the monotonic clock and by the wall clock.</summary>
    private sealed record Renewal(long Stamp, DateTimeOffset At);
}
