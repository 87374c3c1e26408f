using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The admin requests that change nothing. What they tell of failures has no record's data.</summary>
internal sealed class AdminQueryEndpoints(IStreamAdmin admin, IBacklogAdmin? backlog)
{
    public const string Path = "/admin/streams/{stream}";

    public const string KinesisPath = "/admin/kinesis";

    private const int MostFailures = 1_000;
    private const int UsualFailures = 100;
    private static readonly AdminJson Json = AdminJson.Default;

    /// <summary>Returns the stream of a request. The server decodes everything in a path except the slash, which an ARN contains.</summary>
    public static string StreamOf(HttpContext context)
    {
        var stream = (string)context.GetRouteValue("stream")!;
        return stream.Contains('%', StringComparison.Ordinal) ? stream.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) : stream;
    }

    /// <summary>Answers with the stream, its policy and a summary of its shards.</summary>
    public async Task OverviewAsync(HttpContext context)
    {
        var (stream, stop) = (StreamOf(context), context.RequestAborted);
        var overview = await admin.GetOverviewAsync(stream, stop);
        var policy = await admin.GetPolicyAsync(stream, stop);
        var waiting = backlog is null ? 0 : (await backlog.GetBacklogAsync(stream, stop)).Records;
        await AdminBody.WriteAsync(context, new JsonObject
        {
            ["stream"] = overview.Stream,
            ["arn"] = overview.Arn,
            ["status"] = overview.Status,
            ["created_at"] = overview.CreatedAt,
            ["on_demand"] = overview.OnDemand,
            ["read_at"] = overview.ReadAt,
            ["operation_id"] = overview.OperationId,
            ["open_shards"] = overview.Shards.Count,
            ["user_records_per_second"] = overview.Shards.Sum(static s => s.UserRecordsPerSecond),
            ["records_per_second"] = overview.Shards.Sum(static s => s.RecordsPerSecond),
            ["bytes_per_second"] = overview.Shards.Sum(static s => s.BytesPerSecond),
            ["utilisation"] = overview.Shards.Count == 0 ? 0 : overview.Shards.Average(static s => s.Utilisation),
            ["busiest_utilisation"] = overview.Shards.Select(static s => s.Utilisation).DefaultIfEmpty().Max(),
            ["throttled"] = overview.Shards.Sum(static s => s.Throttled),
            ["backlog"] = waiting,
            ["policy"] = JsonSerializer.SerializeToNode(policy, Json.ScalingOptions),
        });
    }

    public async Task HistoryAsync(HttpContext context)
    {
        var stream = StreamOf(context);
        var history = await admin.GetHistoryAsync(stream, context.RequestAborted);
        await AdminBody.WriteAsync(context, new JsonObject
        {
            ["stream"] = stream,
            ["history"] = history.ToJson(static o => JsonSerializer.SerializeToNode(o, Json.StreamOperation)),
        });
    }

    public Task<StreamHeat> HeatAsync(HttpContext context)
    {
        var asked = context.Request.Query["span"].ToString();
        var span = asked switch
        {
            "" or "hour" => HeatSpan.Hour,
            "day" => HeatSpan.Day,
            "week" => HeatSpan.Week,
            _ => throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"span is '{asked}': it must be hour, day or week"),
        };
        return admin.GetHeatAsync(StreamOf(context), span, context.RequestAborted);
    }

    public async Task FailuresAsync(HttpContext context)
    {
        var after = BacklogCommandEndpoints.NumberOf(context, "after", 0, 0, long.MaxValue);
        var max = BacklogCommandEndpoints.NumberOf(context, "max", UsualFailures, 1, MostFailures);
        var page = await admin.GetFailuresAsync(StreamOf(context), after, (int)max, context.RequestAborted);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, page, Json.FailedRecordPage);
    }

    public Task<RecordExplanation> ExplainAsync(HttpContext context) =>
        admin.ExplainAsync(StreamOf(context), QuestionOf(context.Request.Query), context.RequestAborted);

    public static Task WriteAsync(HttpContext context, KinesisAddress kinesis) =>
        AdminBody.WriteAsync(context, new JsonObject { ["endpoint"] = kinesis.Endpoint.AbsoluteUri, ["region"] = kinesis.Region });

    /// <summary>Reads the one question of a request.</summary>
    private static ExplainQuestion QuestionOf(IQueryCollection query)
    {
        var (failure, key, hash) = (query["failure"], query["key"], query["hash"]);
        if (failure.Count + key.Count + hash.Count != 1)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, "one of failure=NUMBER, key=KEY and hash=HASH is expected");
        if (key.Count == 1)
            return ExplainQuestion.OfKey(key.ToString());
        if (hash.Count == 1)
        {
            return UInt128.TryParse(hash.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                ? ExplainQuestion.OfHash(at)
                : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"hash is '{hash}': it must be a decimal number from 0 to 2^128 − 1");
        }

        return long.TryParse(failure.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? ExplainQuestion.OfFailure(number)
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"failure is '{failure}': it must be a number from 1 on");
    }
}

/// <summary>The endpoint to which the process sends its records, as <c>GET /admin/kinesis</c> answers it: so that readers look in the right place.</summary>
/// <param name="Region">The region that requests are signed for; null if the settings leave it to the environment.</param>
internal sealed record KinesisAddress(Uri Endpoint, string? Region);
