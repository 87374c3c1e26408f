using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The admin requests that change nothing.</summary>
internal sealed class AdminQueryEndpoints(IStreamAdmin admin, IBacklogAdmin? backlog)
{
    public const string Path = "/admin/streams/{stream}";

    public const string KinesisPath = "/admin/kinesis";

    private static readonly AdminJson Json = AdminJson.Default;

    /// <summary>Returns the stream of a request. The server decodes everything in a path except the slash, which an ARN contains.</summary>
    public static string StreamOf(HttpContext context) => ((string)context.GetRouteValue("stream")!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Answers with the stream, its policy and a summary of its shards.</summary>
    public async Task OverviewAsync(HttpContext context)
    {
        var (stream, stop) = (StreamOf(context), context.RequestAborted);
        var overview = await admin.GetOverviewAsync(stream, stop);
        var policy = await admin.GetPolicyAsync(stream, stop);
        var waiting = backlog is null ? 0 : (await backlog.GetBacklogAsync(stream, stop)).Records;
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            WriteStream(json, overview);
            json.WriteNumber("open_shards"u8, overview.Shards.Count);
            json.WriteNumber("user_records_per_second"u8, overview.Shards.Sum(static s => s.UserRecordsPerSecond));
            json.WriteNumber("records_per_second"u8, overview.Shards.Sum(static s => s.RecordsPerSecond));
            json.WriteNumber("bytes_per_second"u8, overview.Shards.Sum(static s => s.BytesPerSecond));
            json.WriteNumber("utilisation"u8, overview.Shards.Count == 0 ? 0 : overview.Shards.Average(static s => s.Utilisation));
            json.WriteNumber("busiest_utilisation"u8, overview.Shards.Select(static s => s.Utilisation).DefaultIfEmpty().Max());
            json.WriteNumber("throttled"u8, overview.Shards.Sum(static s => s.Throttled));
            json.WriteNumber("backlog"u8, waiting);
            json.WritePropertyName("policy"u8);
            JsonSerializer.Serialize(json, policy, Json.ScalingOptions);
            json.WriteEndObject();
        });
    }

    public async Task ShardsAsync(HttpContext context) => await WriteAsync(context, await admin.GetOverviewAsync(StreamOf(context), context.RequestAborted));

    public async Task HistoryAsync(HttpContext context)
    {
        var stream = StreamOf(context);
        var history = await admin.GetHistoryAsync(stream, context.RequestAborted);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("stream"u8, stream);
            json.WriteStartArray("history"u8);
            foreach (var operation in history)
                JsonSerializer.Serialize(json, operation, Json.StreamOperation);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task PolicyAsync(HttpContext context) =>
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, await admin.GetPolicyAsync(StreamOf(context), context.RequestAborted),
            Json.ScalingOptions);

    public async Task OperationAsync(HttpContext context)
    {
        var id = (string)context.GetRouteValue("id")!;
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, await admin.GetOperationAsync(StreamOf(context), id, context.RequestAborted),
            Json.StreamOperation);
    }

    public static Task WriteAsync(HttpContext context, StreamOverview overview) =>
        AdminBody.WriteAsync(context, StatusCodes.Status200OK, overview, Json.StreamOverview);

    public static Task WriteAsync(HttpContext context, KinesisAddress kinesis) => AdminBody.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteString("endpoint"u8, kinesis.Endpoint.AbsoluteUri);
        json.WriteString("region"u8, kinesis.Region);
        json.WriteEndObject();
    });

    private static void WriteStream(Utf8JsonWriter json, StreamOverview overview)
    {
        json.WriteString("stream"u8, overview.Stream);
        json.WriteString("arn"u8, overview.Arn);
        json.WriteString("status"u8, overview.Status);
        json.WriteString("created_at"u8, overview.CreatedAt);
        json.WriteBoolean("on_demand"u8, overview.OnDemand);
        json.WriteString("read_at"u8, overview.ReadAt);
        json.WriteString("operation_id"u8, overview.OperationId);
    }
}
