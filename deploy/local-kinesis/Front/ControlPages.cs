using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Pages that are not Kinesis: the account, the faults and the timing of reshards, under paths that begin with an underscore.</summary>
internal sealed class ControlPages(KinesisEndpoint kinesis)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
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

/// <summary>
/// <c>GET /_reshards</c> and <c>PUT /_reshards</c> <c>{"cut_over_delay":100,"cut_over_after_records":7,"list_shards_lag":2000}</c>:
/// how the next reshards go, from whichever side they are asked for. What a PUT leaves out is back at its default.
/// </summary>
internal sealed class ReshardPages(KinesisEndpoint kinesis)
{
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            var isPut = HttpMethods.IsPut(context.Request.Method);
            if (isPut) kinesis.Reshards = await ControlBody.ReadAsync<ReshardTiming>(context, "an object with the timing");
            await (isPut || HttpMethods.IsGet(context.Request.Method) ? ControlPages.AnswerAsync(context, kinesis.Reshards)
                : ControlPages.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "GET or PUT."));
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            await ControlPages.RefuseAsync(context, StatusCodes.Status400BadRequest, error.Message);
        }
    }
}

/// <summary>Keeps the pages that show all records and arm faults for processes of this machine: no other machine, no page in a browser.</summary>
internal static class PageGuard
{
    /// <summary>Why a request is refused; null where it may go on.</summary>
    public static string? FindObstacle(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote))
            return "These pages answer on loopback only.";
        // A name without a dot ends in no domain that the owner of a page could have led here.
        if (context.Request.Host.Host is var host && !IsLoopback(host) && host.AsSpan().ContainsAny('.', ':'))
            return $"These pages answer under a loopback address or localhost only, not '{host}'.";
        // Another port of this machine is another site.
        return context.Request.Headers.Origin.All(o =>
            Uri.TryCreate(o, UriKind.Absolute, out var page) && page.Authority.Equals(context.Request.Host.Value, StringComparison.OrdinalIgnoreCase))
            ? null
            : "These pages answer no pages of other sites.";
    }

    /// <summary>
    /// Whether a request comes from a page under a name that somebody can own, and may have led here: to its browser both are one site. Browsers send an
    /// Origin with every POST, SDKs none.
    /// </summary>
    public static bool IsOfForeignPage(HttpRequest request) => request.Headers.Origin.Any(static o =>
        !Uri.TryCreate(o, UriKind.Absolute, out var page) || (page.HostNameType == UriHostNameType.Dns && page.Host.Contains('.', StringComparison.Ordinal)
            && !page.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Durations are numbers of milliseconds.</summary>
internal sealed class MillisecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var milliseconds = reader.TokenType == JsonTokenType.Number
            ? reader.GetDouble() : throw new JsonException("A duration is a number of milliseconds.");
        return Math.Abs(milliseconds) <= TimeSpan.MaxValue.TotalMilliseconds / 2
            ? TimeSpan.FromMilliseconds(milliseconds) : throw new JsonException("The duration is too long.");
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.TotalMilliseconds);
}
