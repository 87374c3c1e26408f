using System.Net.Http.Headers;
using System.Text.Json;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>One answer, whole.</summary>
internal sealed record HttpAnswer(int Status, string Text, string? Type, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>A client of any server, which follows nobody elsewhere.</summary>
    public static HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public string? RetryAfter => Headers.GetValueOrDefault("Retry-After");

    /// <summary>Whether its connection is closed.</summary>
    public bool Closes => Headers.GetValueOrDefault("Connection") == "close";

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Code => Json.GetProperty("error_code").GetString();

    public string Message => Json.GetProperty("error_message").GetString() ?? "";

    public IReadOnlyList<JsonElement> Items => [.. Json.EnumerateArray()];

    public IReadOnlyList<JsonElement> Lines => [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>It is a refusal with this code, whose message has each of these.</summary>
    public void AssertRefused(int status, string code, params string[] parts)
    {
        Assert.Equal((status, code), (Status, Code));
        Assert.All(parts, part => Assert.Contains(part, Message, StringComparison.Ordinal));
    }

    /// <summary>Sends a request, and returns its answer.</summary>
    /// <param name="body">Null for none.</param>
    public static async Task<HttpAnswer> OfAsync(
        HttpClient client, string method, string path, byte[]? body = null, string? type = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type) } };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }
        return await OfAsync(client, request);
    }

    public static async Task<HttpAnswer> OfAsync(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new HttpAnswer(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Content.Headers.ContentType?.ToString(),
            response.Headers.ToDictionary(static h => h.Key, static h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }
}
