using System.Security.Cryptography;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>Sends answers as Kinesis does.</summary>
internal static class FrontAnswer
{
    /// <summary>Adds what every answer has, errors too. The request's id is returned, so that the log can have it.</summary>
    public static string AddIds(HttpResponse response)
    {
        Span<byte> random = stackalloc byte[48];
        RandomNumberGenerator.Fill(random);
        var id = new Guid(random[..16]).ToString();
        response.Headers["x-amzn-RequestId"] = id;
        response.Headers["x-amz-id-2"] = Convert.ToBase64String(random);
        response.Headers.XContentTypeOptions = "nosniff";
        return id;
    }

    public static async Task SendAsync(HttpResponse response, int statusCode, string mediaType, ReadOnlyMemory<byte> body)
    {
        response.StatusCode = statusCode;
        response.ContentType = mediaType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }

    public static async Task SendAsync(HttpResponse response, FrontFormat format, FrontException error)
    {
        using var answer = FrontWriter.For(format.Format);
        answer.StartObject();
        answer.Text("__type", error.Type);
        answer.Text("message", error.Message);
        answer.EndObject();
        await SendAsync(response, error.StatusCode, format.MediaType, answer.End());
    }
}
