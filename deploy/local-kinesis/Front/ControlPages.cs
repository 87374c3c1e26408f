using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>What is not Kinesis: the account, the faults and the timing of reshards, under paths that begin with an underscore.</summary>
internal sealed class ControlPages(KinesisEndpoint kinesis)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new MillisecondsConverter() },
    };

    private readonly AccountPages _account = new(kinesis);
    private readonly FaultPages _faults = new(kinesis.Faults);
    private readonly ReshardPages _reshards = new(kinesis);

    /// <summary>The page's answer, or null when the path is none of these.</summary>
    public Task? TryHandle(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.Value is not ['/', '_', ..]) return null;
        if (PageGuard.FindObstacle(context) is { } obstacle) return RefuseAsync(context, StatusCodes.Status403Forbidden, obstacle);
        return path.StartsWithSegments("/_account", out var rest) ? _account.HandleAsync(context, rest)
            : path.StartsWithSegments("/_faults", out rest) ? _faults.HandleAsync(context, rest)
            : path.StartsWithSegments("/_reshards", out rest) ? _reshards.HandleAsync(context)
            : RefuseAsync(context, StatusCodes.Status404NotFound, "There is /_account, /_faults and /_reshards.");
    }

    public static Task AnswerAsync(HttpContext context, object value) =>
        context.Response.WriteAsJsonAsync(value, value.GetType(), Json, context.RequestAborted);

    public static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return AnswerAsync(context, new { Error = message });
    }
}
