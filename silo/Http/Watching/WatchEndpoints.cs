using System.Text.Json;
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
    private IEnumerable<string> Named => options.Value.Streams.Where(static s => !s.EndsWith('*'))
        .Concat(options.Value.OwnStreams).Append(options.Value.DefaultStream);

    public async Task StreamsAsync(HttpContext context)
    {
        var rights = new WatchRights(context, time);
        var streams = TierSummary.Streams(await watch.ReportAsync(context.RequestAborted), Named, rights.MaySee);
        await AdminBody.WriteObjectAsync(context, json =>
        {
            TierSummary.WriteStreams(json, streams, Exists);
        });
    }

    public async Task SilosAsync(HttpContext context)
    {
        var reports = await watch.ReportAsync(context.RequestAborted);
        await AdminBody.WriteObjectAsync(context, json =>
        {
            TierSummary.WriteSilos(json, reports);
        });
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
                WritePulse(json, frame, rights, isFirst);
            isFirst = false;
            answer.Write(End);
            await context.Response.BodyWriter.WriteAsync(answer.Written, stop);
        }
    }

    private bool Exists(StreamReport stream) => TierSummary.Exists(stream, Named, watch.IsMissing);

    private void WritePulse(Utf8JsonWriter json, WatchFrame frame, WatchRights rights, bool isFirst)
    {
        json.WriteStartObject();
        json.WriteString("at"u8, time.GetUtcNow());
        WriteTier(json, frame.Reports);
        TierSummary.WriteStreams(json, TierSummary.Streams(frame.Reports, Named, rights.MaySee), Exists);
        TierSummary.WriteSilos(json, frame.Reports);
        json.WritePropertyName("pulse"u8);
        if (frame.Pulse is { } pulse)
            json.WriteRawValue(pulse, skipInputValidation: true);
        else
            json.WriteNullValue();
        if (isFirst && frame.Pulse is not null)
            WriteHistory(json, frame.Reports);
        json.WriteEndObject();
    }

    /// <summary>Which tier this is: a page of another one looks the same.</summary>
    private void WriteTier(Utf8JsonWriter json, IReadOnlyList<ProcessReport> reports)
    {
        json.WriteStartObject("tier"u8);
        json.WriteString("cluster"u8, watch.Cluster);
        json.WriteString("version"u8, reports.Select(static r => r.Version).FirstOrDefault(static v => v is not null));
        json.WriteString("region"u8, kinesis?.Region);
        json.WriteString("endpoint"u8, kinesis?.Endpoint.GetLeftPart(UriPartial.Authority));
        json.WriteString("default_stream"u8, options.Value.DefaultStream);
        json.WriteEndObject();
    }

    /// <summary>The last minutes, once for each reader.</summary>
    private static void WriteHistory(Utf8JsonWriter json, IReadOnlyList<ProcessReport> reports)
    {
        var sum = StreamHistory.Sum([.. reports.Select(static r => r.History).OfType<StreamHistory>()]);
        json.WriteStartObject("history"u8);
        json.WriteNumber("period_seconds"u8, StreamHistory.PeriodSeconds);
        Column("accepted"u8, sum.Accepted);
        Column("delivered"u8, sum.Delivered);
        Column("failed"u8, sum.Failed);
        Column("in_flight"u8, sum.InFlight);
        Column("in_backlog"u8, sum.InBacklog);
        Column("calls"u8, sum.Calls);
        json.WriteEndObject();

        void Column(ReadOnlySpan<byte> name, IReadOnlyList<long> values)
        {
            json.WriteStartArray(name);
            foreach (var value in values)
                json.WriteNumberValue(value);
            json.WriteEndArray();
        }
    }
}
