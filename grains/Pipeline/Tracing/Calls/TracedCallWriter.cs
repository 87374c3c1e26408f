using System.Diagnostics;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Sending;

namespace Orleans.Kpl.Pipeline.Tracing.Calls;

/// <summary>
/// Gives each call that carries records of traced puts a span of its own, below the first of these puts and linked to them all. Every attempt has one.
/// Costs a look at whether anybody listens, and then one at each record.
/// </summary>
/// <param name="operation">The operation of Kinesis.</param>
/// <param name="threw">Told of a listener that threw, and what.</param>
internal sealed class TracedCallWriter(ICallWriter writer, string stream, string operation, Action<string, Exception> threw) : ICallWriter
{
    /// <summary>The most puts that a call is linked to: OpenTelemetry's own limit for a span.</summary>
    public const int MostLinks = 128;

    public int PartsOf(long bytes, int mayBegin) => writer.PartsOf(bytes, mayBegin);

    public ValueTask<PutRecordsReply> WriteAsync(PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        PutSpan.Source.HasListeners() && PutsOf(call) is { Count: > 0 } puts
            ? WriteAsync(puts, call, entries, cancellationToken) : writer.WriteAsync(call, entries, cancellationToken);

    private static HashSet<ActivityContext>? PutsOf(PutRecordsCall call)
    {
        HashSet<ActivityContext>? puts = null;
        foreach (var record in call.Records)
        {
            var former = default(ActivityContext);
            foreach (ref readonly var member in record.Members)
            {
                var span = member.Sink.ActivityOf(member.Index);
                if (span == default || span == former)
                    continue;
                (puts ??= []).Add(former = span);
                if (puts.Count == MostLinks)
                    return puts;
            }
        }

        return puts;
    }

    private async ValueTask<PutRecordsReply> WriteAsync(
        HashSet<ActivityContext> puts, PutRecordsCall call, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        var span = Start(puts, call);
        try
        {
            var reply = await writer.WriteAsync(call, entries, cancellationToken).ConfigureAwait(false);
            TellRefused(span, reply);
            return reply;
        }
        catch (Exception error)
        {
            span?.SetTag("error.type", error is KinesisException failure ? failure.Code : error.GetType().FullName);
            span?.SetStatus(ActivityStatusCode.Error, error.Message);
            throw;
        }
        finally
        {
            span?.TryStop(threw);
        }
    }

    private Activity? Start(HashSet<ActivityContext> puts, PutRecordsCall call)
    {
        var tags = new TagList
        {
            { "messaging.system", PutSpan.MessagingSystem },
            { "messaging.operation.type", "send" },
            { "messaging.operation.name", operation },
            { "messaging.destination.name", stream },
            { "messaging.batch.message_count", call.Records.Sum(static r => (long)r.Encoded.Count) },
            { "kpl.kinesis_records", call.Records.Count },
        };
        return PutSpan.Source.TryStart(
            $"{operation} {stream}", ActivityKind.Client, puts.First(), tags, puts.Select(static p => new ActivityLink(p)), threw);
    }

    private static void TellRefused(Activity? span, in PutRecordsReply reply)
    {
        var refused = reply.Entries.Count(static e => e.Refusal is not null);
        if (span is null || refused == 0)
            return;
        span.SetTag("error.type", reply.Entries.First(static e => e.Refusal is not null).Refusal);
        span.SetStatus(ActivityStatusCode.Error, $"{refused} Kinesis records were refused");
    }
}
