using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>
/// The account over HTTP: <c>GET /_account</c> the totals of every stream, former ones included; <c>GET /_account/NAME[?shard=ID&amp;created_at=TIME]</c>
/// the records that were applied, one JSON object a line.
/// </summary>
internal sealed class AccountPages(KinesisEndpoint kinesis)
{
    public Task HandleAsync(HttpContext context, PathString rest)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
            return ControlPages.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "GET.");
        if (rest.Value is null or "" or "/")
            return ControlPages.AnswerAsync(context, kinesis.Streams.Concat(kinesis.FormerStreams).Select(Totals).ToList());
        var name = rest.Value[1..];
        if (kinesis.Find(name) is null && kinesis.FormerStreams.All(stream => stream.Name != name))
            return ControlPages.RefuseAsync(context, StatusCodes.Status404NotFound, $"There is no stream {name}.");
        DateTimeOffset? createdAt = null;
        if (context.Request.Query["created_at"] is [{ Length: > 0 } text])
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time)
                || !kinesis.Streams.Concat(kinesis.FormerStreams).Any(stream => stream.Name == name && stream.CreatedAt == time))
                return ControlPages.RefuseAsync(context, StatusCodes.Status404NotFound, $"There is no stream {name} that was created at {text}.");
            createdAt = time;
        }
        return WriteAsync(context, kinesis.GetApplied(name, context.Request.Query["shard"] is [{ Length: > 0 } shard] ? shard : null, createdAt));
    }

    private static async Task WriteAsync(HttpContext context, IEnumerable<AppliedRecord> records)
    {
        context.Response.ContentType = "application/x-ndjson";
        foreach (var record in records)
        {
            await JsonSerializer.SerializeAsync(context.Response.Body, Line(record), ControlPages.Json, context.RequestAborted);
            await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
        }
    }

    private static object Totals(StreamSnapshot stream) => new
    {
        stream.Name,
        Status = stream.Status.ToString().ToUpperInvariant(),
        // With Z: the + of an offset is a blank in created_at.
        CreatedAt = stream.CreatedAt.UtcDateTime,
        Shards = stream.Shards.Select(shard => new
        {
            shard.ShardId,
            shard.IsOpen,
            StartingHashKey = shard.StartingHashKey.ToString(CultureInfo.InvariantCulture),
            EndingHashKey = shard.EndingHashKey.ToString(CultureInfo.InvariantCulture),
            shard.AppliedRecords,
            shard.AppliedBytes,
            shard.RetainedRecords,
            shard.ThrottledRecords,
        }),
    };

    private static object Line(AppliedRecord record) => new
    {
        record.ShardId,
        record.SequenceNumber,
        record.PartitionKey,
        HashKey = record.HashKey.ToString(CultureInfo.InvariantCulture),
        Marks = record.Marks.ToString(),
        record.ArrivedAt,
        record.Data,
    };
}
