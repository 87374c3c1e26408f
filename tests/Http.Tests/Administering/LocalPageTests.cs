using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Administering;

/// <summary>
/// The attack of a page that another program of this machine serves: a notebook, or the server of a web project. Its script runs in the browser of an
/// operator, on loopback, and once resharded a stream.
/// </summary>
public sealed class LocalPageTests
{
    private const string Scale = "/admin/streams/orders/scale";
    private const string Shards = """{"shards":2}""";

    /// <summary>Every way to change something, by a request that a page sends without being asked first, and by one that it asks for first.</summary>
    [Theory]
    [InlineData("scale")]
    [InlineData("split")]
    [InlineData("merge")]
    [InlineData("plan")]
    [InlineData("policy")]
    [InlineData("refresh")]
    public async Task Post_OfAPageAtAnotherPort_NeverGetsToAdministration(string command)
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        foreach (var type in (string[])["text/plain", "application/json"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(front, $"/admin/streams/orders/{command}", type, "http://localhost:3000"));
            Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(front, $"/admin/streams/orders/{command}", type, "http://127.0.0.1:3000"));
        }
    }

    /// <summary>The page asks whether it may send JSON from where it is: nobody says that it may.</summary>
    [Fact]
    public async Task Preflight_OfAPageAtAnotherPort_IsNotAllowed()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        using var client = new HttpClient { BaseAddress = new Uri(front.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Options, Scale)
        {
            Headers =
            {
                { "Origin", "http://localhost:3000" }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "content-type" },
            },
        };
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.False(response.IsSuccessStatusCode);
        Assert.DoesNotContain(response.Headers, static h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>So the requests above would have got there: this administration answers whoever asks it with a defect.</summary>
    [Fact]
    public async Task Post_OfTheTiersOwnPage_GetsToAdministration()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        Assert.Equal(HttpStatusCode.InternalServerError, await PostAsync(front, Scale, "application/json", front.Url.TrimEnd('/')));
    }

    private static async Task<HttpStatusCode> PostAsync(HttpFront front, string path, string type, string origin)
    {
        using var client = new HttpClient { BaseAddress = new Uri(front.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Shards)) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        request.Headers.TryAddWithoutValidation("Origin", origin);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
