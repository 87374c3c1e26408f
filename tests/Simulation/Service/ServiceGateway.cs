using System.Text;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>One process' way to the service.</summary>
internal sealed class ServiceGateway(KinesisService service, SimulatedProcess process) : IKinesisGateway
{
    /// <summary>AWS: PutRecords takes so many entries, and so many bytes.</summary>
    private const int MostEntries = 500;
    private const long MostBytes = 10 << 20;

    private readonly World _world = service.World;
    private int _calls;

    /// <summary>Whether calls leave the process' machine.</summary>
    public Func<bool> IsReached { get; init; } = static () => true;

    public async ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        var call = ++_calls;
        var sent = Copies(entries.Span);
        CheckSize(sent);
        Say($"put {call}: {sent.Length} records");
        foreach (var entry in service.Sent is null ? [] : sent)
            service.Sent!(entry);
        var (fate, begunAt) = (FateOf(stream), _world.Now);
        var relayedFor = service.RelayedFor(entries.Span);
        var reply = await RemoteCall.RunAsync(_world, process, () => service.Put(stream.Stream, sent, relayedFor ?? process.Name, begunAt),
            fate.Within(stream.RequestTimeout, TimedOut), cancellationToken, Answered).ConfigureAwait(false);
        CheckUnchanged(sent, entries.Span);
        return new PutRecordsReply([.. reply.Select(static r => r.Entry)]);

        void Answered(IReadOnlyList<PutReply> replies)
        {
            foreach (var stored in replies.Select(static r => r.Stored).OfType<StoredRecord>())
                (stored.IsAnswered, stored.IsRelayed) = (relayedFor is null, relayedFor is not null);
            if (_world.IsTracing)
                Say($"put {call} answered: {string.Join(' ', replies.Select(static r => r.Text))}");
        }
    }

    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering,
        CancellationToken cancellationToken)
    {
        var reply = (await PutRecordsAsync(stream, new[] { entry }, cancellationToken).ConfigureAwait(false)).Entries[0];
        return reply.ErrorCode is null ? reply : throw new KinesisException(KinesisFailureKind.Refused, reply.ErrorCode, reply.ErrorMessage ?? "", 400);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        ReadAsync(stream, "ListShards", () => service.List(stream.Stream, isOpen: true), service.Weather.RefusesReads, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        ReadAsync(stream, "ListShards of closed ones", () => service.List(stream.Stream, isOpen: false), service.Weather.RefusesReads, cancellationToken);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        ReadAsync(stream, "DescribeStreamSummary", () => service.Describe(stream.Stream),
            Math.Max(service.Weather.RefusesReads, service.Weather.RefusesDescribes), cancellationToken);

    private async ValueTask<T> ReadAsync<T>(StreamTarget stream, TraceText what, Func<T> read, double refuses, CancellationToken cancellationToken)
    {
        Say(what);
        var fate = FateOf(stream);
        if (_world.Happens(refuses))
            fate = new CallFate(null, null, service.Weather.Draw(_world), static () => ServiceErrors.OfCall("LimitExceededException"));
        return await RemoteCall.RunAsync(_world, process, read, fate.Within(stream.RequestTimeout, TimedOut), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Draws what becomes of a call.</summary>
    private CallFate FateOf(StreamTarget stream)
    {
        var weather = service.Weather;
        var timeout = stream.RequestTimeout;
        var request = weather.Draw(_world);
        if (!IsReached())
            return new CallFate(null, null, _world.Happens(0.5) ? timeout : request, _world.Happens(0.5) ? TimedOut : NotConnected);
        if (service.Hangs && _world.Happens(0.1))
            return new CallFate(null, null);
        if (_world.Happens(weather.Refuses))
            return new CallFate(null, null, request, () => ServiceErrors.OfCall(weather.RefusedWith));
        if (_world.Happens(weather.LosesRequests))
            return new CallFate(null, null, timeout, TimedOut);
        if (_world.Happens(weather.CarriesOutLate))
            return new CallFate(timeout + _world.Upto(TimeSpan.FromSeconds(10)), null, timeout, TimedOut);
        if (_world.Happens(weather.LosesAnswers))
            return new CallFate(request, null, _world.Happens(0.5) ? timeout : request * 2, _world.Happens(0.5) ? TimedOut : Lost);
        return new CallFate(request, weather.Draw(_world), timeout, TimedOut);
    }

    private static KinesisException TimedOut() => new(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, "simulated");

    private static KinesisException NotConnected() => new(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "simulated");

    private static KinesisException Lost() => new(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionLost, "simulated");

    private static SentEntry[] Copies(ReadOnlySpan<PutRecordsEntry> entries)
    {
        var sent = new SentEntry[entries.Length];
        for (var i = 0; i < entries.Length; i++)
            sent[i] = new SentEntry(entries[i].Data.ToArray(), Encoding.UTF8.GetString(entries[i].PartitionKey.Span), entries[i].ExplicitHashKey);
        return sent;
    }

    private void CheckSize(SentEntry[] sent)
    {
        var bytes = sent.Sum(static s => (long)s.Bytes);
        if (sent.Length is 0 or > MostEntries || bytes > MostBytes)
            _world.Violate($"a call has {sent.Length} entries and {bytes} bytes");
        foreach (var entry in sent.Where(static s => s.Bytes > KinesisService.MaxRecordBytes))
            _world.Violate($"an entry has {entry.Bytes} bytes");
    }

    /// <summary>The entries' memory belongs to the call until it completes.</summary>
    private void CheckUnchanged(SentEntry[] sent, ReadOnlySpan<PutRecordsEntry> entries)
    {
        for (var i = 0; i < sent.Length; i++)
        {
            if (!entries[i].Data.Span.SequenceEqual(sent[i].Data))
                _world.Violate("an entry's bytes changed while its call was under way");
        }
    }

    private void Say(TraceText what)
    {
        if (_world.IsTracing)
            _world.Say(process.Name, what.ToString());
    }
}
