using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Testing;

/// <summary>Operations of Kinesis by plain HTTP and JSON, as somebody else's program calls them.</summary>
internal static class KinesisCalls
{
    /// <summary>Makes a call; the status of its answer, and the text.</summary>
    /// <param name="request">Its members; a text or bytes are the body as it stands.</param>
    /// <param name="at">Where; by default the client's own address.</param>
    /// <param name="isSigned">Whether it has what looks like a signature: some endpoints want one and do not check it.</param>
    public static async Task<(HttpStatusCode Status, string Text)> CallKinesisAsync(
        this HttpClient http, string operation, object request, Uri? at = null, bool isSigned = false)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, at ?? new Uri("/", UriKind.Relative));
        message.Content = new ByteArrayContent(request switch
        {
            byte[] bytes => bytes,
            string text => Encoding.UTF8.GetBytes(text),
            _ => JsonSerializer.SerializeToUtf8Bytes(request),
        });
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        message.Headers.Add("X-Amz-Target", $"Kinesis_20131202.{operation}");
        if (isSigned)
        {
            var now = DateTime.UtcNow;
            message.Headers.Add("X-Amz-Date", now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
            message.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential=local/{now:yyyyMMdd}/us-east-1/kinesis/aws4_request, "
                + $"SignedHeaders=host;x-amz-date;x-amz-target, Signature={new string('0', 64)}");
        }

        using var answer = await http.SendAsync(message, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
