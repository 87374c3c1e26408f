using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Answers a whole request with <c>{"error_code","error_message"}</c>.</summary>
internal static class ErrorAnswer
{
    public static Task WriteAsync(HttpContext context, RequestRefusedException refused)
    {
        if (refused.RetryAfter is { } retryAfter)
            context.Response.Headers.RetryAfter = ((long)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, refused.StatusCode, refused.Code, refused.Message);
    }

    public static Task WriteDrainingAsync(HttpContext context, TimeSpan retryAfter) => WriteAsync(context, new RequestRefusedException(
        StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.Draining, "this process is shutting down and takes no more records", retryAfter));

    public static Task WriteAsync(HttpContext context, int statusCode, string code, string message)
    {
        using var answer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
            Write(json, code, message);
        return answer.SendAsync(context.Response, statusCode, ContentType.Json);
    }

    /// <summary>Writes an error as an object.</summary>
    public static void Write(Utf8JsonWriter json, string code, string message)
    {
        json.WriteStartObject();
        json.WriteString("error_code"u8, code);
        json.WriteString("error_message"u8, message);
        json.WriteEndObject();
    }
}
