using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Relaying;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Silos.Receiving;

/// <summary>
/// Hands the calls of other silos to the streams they are for. One for each silo. The work runs on the thread pool, so that calls do not wait
/// for each other.
/// </summary>
internal sealed class LinkReceiver(
    ClusterProducer producer, ISiloLinks links, LiveSilos silos, ShardMover mover, BacklogTakeover? takeover, CallsOfOthers kinesis, KplOptions options,
    TimeProvider time, ILogger<LinkReceiver> logger)
    : ISiloCalls
{
    /// <summary>How long an answer waits for the store to tell what earlier silos left.</summary>
    private static readonly TimeSpan CountLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Way, Inbox> _inboxes = new();

    // As large as the memory of records accepted here.
    private readonly ForwardedMemory _memory = new(options.MaxOutstandingBytes, options.MaxOutstandingRecords);

    /// <summary>Whether every outcome of other silos' records has been reported, and every call of theirs made.</summary>
    public bool HasToldAll => kinesis.IsIdle && _inboxes.Values.All(static i => i.Outcomes.IsEmpty);

    /// <summary>Returns the memory charged for other silos' records of a stream here.</summary>
    public (long Records, long Bytes) ForwardedOf(string stream) => _memory.HeldBy(stream);

    public Task<bool> TakeRecordsAsync(RecordsFrame frame) => Task.Run(() => TryTakeAsync(frame));

    public Task TakeOutcomesAsync(OutcomesFrame frame) => Task.Run(() => producer.OwnersOf(frame.Stream)?.Take(frame));

    public Task ExpediteAsync(string stream) => Task.Run(() => producer.Find(stream)?.MakeAllDue());

    public Task MapChangedAsync(string stream) => Task.Run(() => producer.Find(stream)?.RefreshMap());

    /// <inheritdoc/>
    /// <remarks>A silo that drains sends what its open streams have. Where a stream is not open then, nothing is in flight.</remarks>
    public Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys) => Task.Run(async () =>
    {
        if (await producer.TryServeAsync(stream).ConfigureAwait(false) is not { } serving)
            return;
        // The announced boundaries keep the stream open from then on.
        using var use = serving;
        await use.Stream.AnnounceBoundaries(hashKeys).ConfigureAwait(false);
    });

    public Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys) => Task.Run(() => producer.WithdrawBoundaries(stream, hashKeys));

    /// <inheritdoc/>
    /// <remarks>Who looks again and again, as a policy does, keeps the stream open, and so what was observed.</remarks>
    public Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream) => Task.Run(() =>
    {
        if (producer.Find(stream) is not { } open)
            return [];
        producer.Uses.MarkLooked(stream, open.Clock.Now);
        return open.LoadReports();
    });

    public Task LeavingAsync(SiloId silo) => Task.Run(() =>
    {
        silos.MarkLeaving(silo);
        return mover.ArrivedAsync(silo);
    });

    public Task MovedAsync(SiloId silo) => Task.Run(() => producer.StopRoutingToAsync(silo));

    /// <inheritdoc/>
    /// <remarks>What earlier silos left is counted from the first answer on; a store that does not answer within two seconds is told as it is.</remarks>
    public Task<SiloLedger> GetLedgerAsync(string stream) => Task.Run(async () =>
    {
        await CountedAsync().ConfigureAwait(false);
        return producer.GetSiloLedger(stream);
    });

    public Task<ProcessReport> ReportAsync(string? stream) => Task.Run(() => producer.Report(silos.Self.ToString(), stream));

    public Task<LastNumbers> GetNumbersAsync(string stream) => Task.Run(() => producer.NumbersOf(stream));

    public Task BacklogLeftAsync()
    {
        takeover?.LookSoon();
        return Task.CompletedTask;
    }

    public IKinesisRelay Kinesis => kinesis;

    /// <summary>Handles the loss of a silo: it is gone for good and waits for no outcomes.</summary>
    public void OnLost(SiloId silo)
    {
        foreach (var key in _inboxes.Keys)
        {
            if (key.Origin.Equals(silo) && _inboxes.TryRemove(key, out var inbox))
                inbox.Outcomes.Stop();
        }
    }

    /// <summary>Stops telling outcomes: this silo ends, and nobody would hear whether others took them.</summary>
    public void Stop()
    {
        foreach (var inbox in _inboxes.Values)
            inbox.Outcomes.Stop();
    }

    /// <summary>Notes that an idle stream has closed here. What is known of the frames that it took stays.</summary>
    public void OnClosed(string stream) => _memory.Forget(stream);

    private async Task CountedAsync()
    {
        using var limit = new CancellationTokenSource(CountLimit, time);
        var counted = takeover?.CountedAsync(limit.Token) ?? Task.CompletedTask;
        await Task.WhenAll(producer.Recovered.WaitAsync(limit.Token), counted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> TryTakeAsync(RecordsFrame frame)
    {
        if (silos.IsLost(frame.Origin))
            return false;
        // The stream is opened where it was idle, and stays open until its records keep it open.
        if (await producer.TryServeAsync(frame.Stream).ConfigureAwait(false) is not { } serving)
            return false;
        using var use = serving;
        var inbox = _inboxes.GetOrAdd(new Way(frame.Origin, frame.Stream), NewInbox);
        // If the silo was lost in between, its inbox may be a new one, which does not know which frames were accepted.
        return !silos.IsLost(frame.Origin) && inbox.TryTake(use.Stream, _memory.Of(frame.Stream), frame);
    }

    private Inbox NewInbox(Way from) => new(new OutcomeOutbox(silos.Self, from.Stream, from.Origin, links.To(from.Origin), time, logger));

    /// <summary>From where the frames of one stream come.</summary>
    private readonly record struct Way(SiloId Origin, string Stream)
    {
        public override int GetHashCode() => Origin.GetHashCode() * 31 + StableTextHash.Of(Stream);
    }
}
