using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Leases;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Relaying;

/// <summary>
/// Kinesis as this silo reaches it: straight, or through other silos while its own way is broken. So its shards stay with it, and their records are sent.
/// Records of ordered streams are sent only while this silo holds its lease, checked immediately before the request. Another silo is told when that lease is
/// over, by its own clocks.
/// </summary>
/// <param name="kinesis">The way straight to Kinesis.</param>
internal sealed class RelayingGateway(IKinesisGateway kinesis, KinesisWays ways, ISiloLinks links, SiloLease lease, TimeProvider time) : IKinesisGateway
{
    /// <summary>How soon another silo tells its clocks, and then how soon it begins the call with records of an ordered stream, or does not.</summary>
    private static readonly TimeSpan BeginWithin = TimeSpan.FromSeconds(2);

    /// <summary>How long further silos are asked. Each may take as long as a whole call to say that it does not reach Kinesis.</summary>
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(3);

    private int _turn;

    public int PartsOf(long bytes, int mayBegin) => kinesis.PartsOf(bytes, mayBegin);

    public async ValueTask<PutRecordsReply> PutRecordsAsync(
        StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        new(await PutAsync(
            stream, entries, after: null, async () => (await kinesis.PutRecordsAsync(stream, entries, cancellationToken).ConfigureAwait(false)).Entries,
            cancellationToken).ConfigureAwait(false));

    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
        (await PutAsync(
            stream, new[] { entry }, sequenceNumberForOrdering,
            async () => [await kinesis.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken).ConfigureAwait(false)],
            cancellationToken).ConfigureAwait(false))[0];

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(
            stream, () => kinesis.ListShardsAsync(stream, cancellationToken),
            async r => await r.ListShardsAsync(stream.Stream).ConfigureAwait(false), cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(
            stream, () => kinesis.ListClosedShardsAsync(stream, cancellationToken),
            async r => await r.ListClosedShardsAsync(stream.Stream).ConfigureAwait(false), cancellationToken);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(
            stream, () => kinesis.DescribeStreamSummaryAsync(stream, cancellationToken),
            async r => await r.DescribeAsync(stream.Stream).ConfigureAwait(false), cancellationToken);

    public DateTimeOffset? RelayedSince(string stream) =>
        ways.Find(stream)?.RelayedSince is { } since && ways.Others.Any() ? since : null;

    /// <remarks>
    /// A call with records of an ordered stream is not given up when the producer is disposed: the other silo may be making it, and the shard's next owner
    /// would not wait for that.
    /// </remarks>
    private async ValueTask<IReadOnlyList<PutRecordsReplyEntry>> PutAsync(
        StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after, Func<ValueTask<IReadOnlyList<PutRecordsReplyEntry>>> straight,
        CancellationToken cancellationToken)
    {
        if (!stream.IsOrdered)
            return await CallAsync(stream, straight, r => r.PutRecordsAsync(stream.Stream, entries), cancellationToken).ConfigureAwait(false);
        try
        {
            return await CallAsync(stream, () => WhileHeld(straight), r => PutOrderedAsync(r, stream, entries, after), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (KinesisException) when (cancellationToken.IsCancellationRequested)
        {
            // As one that was cut off: it may have been made.
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private async Task<IReadOnlyList<PutRecordsReplyEntry>?> PutOrderedAsync(
        IKinesisRelay relay, StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after)
    {
        var asked = time.GetTimestamp();
        var now = await ClocksAsync(relay).ConfigureAwait(false);
        var (left, began) = (Left(), time.GetTimestamp());
        // After so long the caller may have given up, and its entries be those of another call.
        if (time.GetElapsedTime(asked, began) >= BeginWithin * 2)
            throw new NotBegunException("this silo was frozen");
        try
        {
            return await relay.PutOrderedAsync(stream.Stream, entries, after, now.After(left < BeginWithin ? left : BeginWithin)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not KinesisException)
        {
            // A silo that is taken for lost may live, and begin the call yet.
            if (BeginWithin - time.GetElapsedTime(began) is var mayBegin && mayBegin > TimeSpan.Zero)
                await Task.Delay(mayBegin, time, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How long this silo may still send.</summary>
    /// <exception cref="KinesisException">It may not.</exception>
    private TimeSpan Left() => lease.Left is var left && left > TimeSpan.Zero ? left
        : throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.LeaseLost, "this silo does not hold its lease: another one may own the shard");

    /// <exception cref="KinesisException">This silo does not hold its lease.</exception>
    private T WhileHeld<T>(Func<T> send)
    {
        Left();
        return send();
    }

    private async Task<SiloTime> ClocksAsync(IKinesisRelay relay)
    {
        try
        {
            return await relay.GetClocksAsync().Observed().WaitAsync(BeginWithin, time).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw new NotBegunException("it did not tell its clocks", e);
        }
    }

    private async ValueTask<T> CallAsync<T>(
        StreamTarget stream, Func<ValueTask<T>> straight, Func<IKinesisRelay, Task<T?>> relayed, CancellationToken cancellationToken)
        where T : class
    {
        if (ways.Find(stream.Stream) is { } way && !way.GoesStraight())
        {
            var (isPutOff, began) = (false, time.GetTimestamp());
            foreach (var silo in Relays(way))
            {
                if (time.GetElapsedTime(began) > AskWithin)
                {
                    isPutOff = true;
                    break;
                }

                var (answer, putsOff) = await ThroughAsync(way, silo, stream, relayed, cancellationToken).ConfigureAwait(false);
                if (answer is not null)
                    return answer;
                isPutOff |= putsOff;
            }

            // Straight it would hang, and hold up what another silo may take soon.
            if (isPutOff)
                throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "No other silo takes the call now.");
        }

        return await ways.StraightAsync(stream.Stream, straight).ConfigureAwait(false);
    }

    /// <summary>Has a silo make a call.</summary>
    /// <returns>The answer; null where the silo does not reach Kinesis either, or puts the call off.</returns>
    private async Task<(T? Answer, bool PutsOff)> ThroughAsync<T>(
        KinesisWay way, SiloId silo, StreamTarget stream, Func<IKinesisRelay, Task<T?>> call, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var within = stream.RequestTimeout + (stream.IsOrdered ? BeginWithin * 2 : TimeSpan.Zero);
            var answer = await call(links.To(silo).Kinesis).Observed().WaitAsync(within, time, cancellationToken).ConfigureAwait(false);
            way.Answered(silo);
            return (answer, answer is null);
        }
        catch (NotBegunException)
        {
            way.NotAnswered(silo);
            return (null, true);
        }
        catch (KinesisException e) when (e.Kind == KinesisFailureKind.NotSent && AwayCodes.IsOfTheWay(e.Code))
        {
            way.NotReached(silo);
            return default;
        }
        catch (KinesisException e)
        {
            if (AwayCodes.IsOfTheWay(e.Code))
                way.NotAnswered(silo);
            else
                way.Answered(silo);
            throw new KinesisException(e.Kind, e.Code, $"Through silo {silo}: {e.Message}", e.HttpStatus, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            way.NotAnswered(silo);
            throw new KinesisException(
                KinesisFailureKind.Ambiguous, e is TimeoutException ? RecordErrorCodes.RequestTimeout : RecordErrorCodes.ConnectionLost,
                $"Silo {silo}, which made the call, did not answer: {e.Message}", inner: e);
        }
    }

    /// <summary>The other silos that may reach Kinesis, the next in turn first.</summary>
    private List<SiloId> Relays(KinesisWay way)
    {
        List<SiloId> relays = [.. ways.Others.Where(way.MayAsk)];
        var first = relays.Count == 0 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % relays.Count);
        return [.. relays[first..], .. relays[..first]];
    }

    /// <summary>The other silo was not asked to make the call.</summary>
    private sealed class NotBegunException(string why, Exception? inner = null) : Exception(why, inner);
}
