using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Http.Dashboard;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Answers a whole request with <c>{"error_code","error_message"}</c>.</summary>
internal static class ErrorAnswer
{
    /// <summary>The header in which an AWS SDK names its operation. Only the Kinesis front looks at what is in it.</summary>
    private const string AwsOperation = "X-Amz-Target";

    public static Task WriteAsync(HttpContext context, RequestRefusedException refused)
    {
        if (refused.RetryAfter is { } retryAfter)
            context.Response.Headers.RetryAfter = ((long)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, refused.StatusCode, refused.Code, refused.Message);
    }

    public static Task WriteDrainingAsync(HttpContext context, TimeSpan retryAfter) => WriteAsync(context, new RequestRefusedException(
        StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.Draining, "this process is shutting down and takes no more records", retryAfter));

    public static async Task WriteAsync(HttpContext context, int statusCode, string code, string message)
    {
        await BodyReader.DiscardAsync(context);
        using var answer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
        {
            json.WriteStartObject();
            WriteMembers(json, code, message);
            if (context.Request.Headers.ContainsKey(AwsOperation))
            {
                // What an AWS SDK tells its caller of an error.
                json.WriteString("__type"u8, statusCode switch
                {
                    StatusCodes.Status403Forbidden => "AccessDeniedException",
                    StatusCodes.Status503ServiceUnavailable => "ServiceUnavailableException",
                    _ => code,
                });
                json.WriteString("message"u8, message);
            }

            json.WriteEndObject();
        }
        await answer.SendAsync(context.Response, statusCode, ContentType.Json);
        await BodyReader.DiscardAsync(context);
    }

    /// <summary>Writes an error as an object.</summary>
    public static void Write(Utf8JsonWriter json, string code, string message)
    {
        json.WriteStartObject();
        WriteMembers(json, code, message);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, string code, string message)
    {
        json.WriteString("error_code"u8, code);
        json.WriteString("error_message"u8, message);
    }
}

/// <summary>Says of a path at which nothing is served what was probably meant.</summary>
internal static class NotServed
{
    private const string Confirmed = "/confirmed";

    public static string Describe(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (path.StartsWith("/admin/identities", StringComparison.Ordinal) || path is "/usage" or "/v1/credentials")
            return "this process has no identities: start it with --Kpl:Http:Identities=FILE";
        if (path.EndsWith(Confirmed, StringComparison.Ordinal) && path.IndexOf('/', 1) == path.Length - Confirmed.Length
            && StreamName.IsFit(path[1..^Confirmed.Length]))
        {
            return $"nothing is served at {path}: /events/confirmed is for the default stream, POST /streams/{path[1..^Confirmed.Length]}/records for this one";
        }

        if (path.Split('/') is ["", "stream" or "streams", { Length: > 0 } stream, ..] && StreamName.IsFit(stream))
            return $"nothing is served at {path}: records of a stream go to POST /streams/{stream}/records";

        // An application of its own has what it likes there.
        return $"nothing is served at {path}{(context.RequestServices.GetService<RootEndpoint>() is null ? "" : "; GET / lists what is")}";
    }
}
