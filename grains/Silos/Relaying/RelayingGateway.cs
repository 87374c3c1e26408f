using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Relaying;

/// <summary>
/// Kinesis as this silo reaches it: straight, or through other silos while its own way is broken. So its shards stay with it, and their records are sent.
/// Records of ordered streams only go straight: no other silo can check this one's lease.
/// </summary>
/// <param name="kinesis">The way straight to Kinesis.</param>
internal sealed class RelayingGateway(IKinesisGateway kinesis, KinesisWays ways, ISiloLinks links, TimeProvider time) : IKinesisGateway
{
    private int _turn;

    public int PartsOf(long bytes, int mayBegin) => kinesis.PartsOf(bytes, mayBegin);

    public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        stream.IsOrdered ? kinesis.PutRecordsAsync(stream, entries, cancellationToken) : PutAsync(stream, entries, cancellationToken);

    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
        kinesis.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);

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

    /// <summary>Since when the records of an unordered stream go through other silos; null where they do not.</summary>
    public DateTimeOffset? RelayedSince(string stream) =>
        ways.Find(stream)?.RelayedSince is { } since && !ways.TargetOf(stream).IsOrdered && ways.Others.Any() ? since : null;

    private async ValueTask<PutRecordsReply> PutAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        new(await CallAsync(
            stream, async () => (await kinesis.PutRecordsAsync(stream, entries, cancellationToken).ConfigureAwait(false)).Entries,
            r => r.PutRecordsAsync(stream.Stream, entries), cancellationToken).ConfigureAwait(false));

    private async ValueTask<T> CallAsync<T>(
        StreamTarget stream, Func<ValueTask<T>> straight, Func<IKinesisRelay, Task<T?>> relayed, CancellationToken cancellationToken)
        where T : class
    {
        if (ways.Find(stream.Stream) is { } way && !way.GoesStraight())
        {
            var hadNoRoom = false;
            foreach (var silo in Relays(way))
            {
                var (answer, hasNoRoom) = await ThroughAsync(way, silo, stream, relayed, cancellationToken).ConfigureAwait(false);
                if (answer is not null)
                    return answer;
                hadNoRoom |= hasNoRoom;
            }

            // Straight it would hang, and hold up what may find room soon.
            if (hadNoRoom)
                throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "No other silo has room for the call now.");
        }

        return await ways.StraightAsync(stream.Stream, straight).ConfigureAwait(false);
    }

    /// <summary>Has a silo make a call.</summary>
    /// <returns>The answer; null where the silo does not reach Kinesis either, or has no room for the call.</returns>
    private async Task<(T? Answer, bool HasNoRoom)> ThroughAsync<T>(
        KinesisWay way, SiloId silo, StreamTarget stream, Func<IKinesisRelay, Task<T?>> call, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var answer = await call(links.To(silo).Kinesis).Observed().WaitAsync(stream.RequestTimeout, time, cancellationToken).ConfigureAwait(false);
            way.Answered(silo);
            return (answer, answer is null);
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
}
