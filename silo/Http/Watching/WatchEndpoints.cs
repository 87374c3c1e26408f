using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Watching;

/// <summary>The admin requests about the tier as a whole: its streams, its silos, and events of both.</summary>
internal sealed class WatchEndpoints(
    TierWatch watch, IOptions<KplHttpOptions> options, IngestGate gate, TimeProvider time, KinesisAddress? kinesis = null)
{
    public const string StreamsPath = "/admin/streams";
    public const string SilosPath = "/admin/silos";
    public const string EventsPath = "/admin/events";

    private static readonly byte[] MapBegin = "event: map\ndata: "u8.ToArray();
    private static readonly byte[] PulseBegin = "event: pulse\ndata: "u8.ToArray();
    private static readonly byte[] End = "\n\n"u8.ToArray();

    /// <summary>The streams that the settings name, but no beginnings of names.</summary>
    private IEnumerable<string> Named => options.Value.NamedStreams.Append(options.Value.DefaultStream);

    public async Task StreamsAsync(HttpContext context)
    {
        var rights = new WatchRights(context, time);
        var streams = TierSummary.Streams(await watch.ReportAsync(context.RequestAborted), Named, rights.MaySee);
        await AdminBody.WriteAsync(context, new JsonObject { ["streams"] = TierSummary.Tell(streams, Named, watch.Missing()) });
    }

    public async Task SilosAsync(HttpContext context)
    {
        var reports = await watch.ReportAsync(context.RequestAborted);
        await AdminBody.WriteAsync(context, new JsonObject { ["silos"] = TierSummary.Tell(reports) });
    }

    /// <summary>Sends events until the reader goes, is cut off or loses its right, or the process drains.</summary>
    public async Task EventsAsync(HttpContext context)
    {
        var stream = context.Request.Query["stream"].ToString();
        if (stream.Length > 0)
            StreamName.Check(stream);
        var rights = new WatchRights(context, time);
        rights.Check(stream);
        var reader = watch.TryAdd(stream) ?? throw RequestRefusedException.TooMany(
            $"{TierWatch.MostReaders} readers of events are enough", options.Value.RetryAfter);
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, reader.Cut, gate.Closing);
            await SendAsync(context, stream, rights, reader, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The reader went, or was too slow: what it has not read by now it never will.
            if (reader.Cut.IsCancellationRequested)
                context.Abort();
        }
        finally
        {
            watch.Remove(stream, reader);
        }
    }

    private async Task SendAsync(HttpContext context, string stream, WatchRights rights, WatchReader reader, CancellationToken stop)
    {
        AnswerBuffer.Begin(context.Response, StatusCodes.Status200OK, "text/event-stream");
        await context.Response.StartAsync(stop);
        byte[]? map = null;
        var isFirst = true;
        await foreach (var frame in reader.Frames.ReadAllAsync(stop))
        {
            if (!await rights.StillHoldAsync(stream))
                return;
            using var answer = new AnswerBuffer(16 << 10);
            if (frame.Map is { } current && !ReferenceEquals(current, map))
            {
                map = current;
                answer.Write(MapBegin);
                answer.Write(current);
                answer.Write(End);
            }

            answer.Write(PulseBegin);
            using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
                TellPulse(frame, rights, isFirst).WriteTo(json);
            isFirst = false;
            answer.Write(End);
            await context.Response.BodyWriter.WriteAsync(answer.Written, stop);
        }
    }

    private JsonObject TellPulse(WatchFrame frame, WatchRights rights, bool isFirst)
    {
        var told = new JsonObject
        {
            ["at"] = time.GetUtcNow(),
            // Which tier this is: a page of another one looks the same.
            ["tier"] = new JsonObject
            {
                ["cluster"] = watch.Cluster,
                ["version"] = frame.Reports.Select(static r => r.Version).FirstOrDefault(static v => v is not null),
                ["region"] = kinesis?.Region,
                ["endpoint"] = kinesis?.Endpoint.GetLeftPart(UriPartial.Authority),
                ["default_stream"] = options.Value.DefaultStream,
            },
            ["streams"] = TierSummary.Tell(TierSummary.Streams(frame.Reports, Named, rights.MaySee), Named, frame.Missing),
            ["silos"] = TierSummary.Tell(frame.Reports),
            ["pulse"] = frame.Pulse is { } pulse ? JsonNode.Parse(pulse) : null,
        };
        if (isFirst && frame.Pulse is not null)
            told["history"] = TellHistory(frame.Reports);
        return told;
    }

    /// <summary>The last hour, once for each reader.</summary>
    private static JsonObject TellHistory(IReadOnlyList<ProcessReport> reports)
    {
        var sum = StreamHistory.Sum([.. reports.Select(static r => r.History).OfType<StreamHistory>()]);
        return new JsonObject { ["period_seconds"] = StreamHistory.PeriodSeconds }.With(ToldJson.Tell(sum, AdminJson.Default.StreamHistory));
    }
}
