using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Administering;

/// <summary>
/// The attack of a page that another program of this machine serves: a notebook, or the server of a web project. Its script runs in the browser of an
/// operator, on loopback, and once resharded a stream.
/// </summary>
public sealed class LocalPageTests
{
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
            Assert.Equal(403, await PostAsync(front, command, type, "http://localhost:3000"));
            Assert.Equal(403, await PostAsync(front, command, type, "http://127.0.0.1:3000"));
        }
    }

    /// <summary>The page asks whether it may send JSON from where it is: nobody says that it may.</summary>
    [Fact]
    public async Task Preflight_OfAPageAtAnotherPort_IsNotAllowed()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        var answer = await HttpAnswer.OfAsync(
            HttpAnswer.Client, "OPTIONS", front.Url + "/admin/streams/orders/scale", null, null, ("Origin", "http://localhost:3000"),
            ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"));
        Assert.InRange(answer.Status, 400, 499);
        Assert.DoesNotContain(answer.Headers.Keys, static h => h.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>So the requests above would have got there: this administration answers whoever asks it with a defect.</summary>
    [Fact]
    public async Task Post_OfTheTiersOwnPage_GetsToAdministration()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        Assert.Equal(500, await PostAsync(front, "scale", "application/json", front.Url.TrimEnd('/')));
    }

    private static async Task<int> PostAsync(HttpFront front, string command, string type, string origin) => (await HttpAnswer.OfAsync(
        HttpAnswer.Client, "POST", $"{front.Url}/admin/streams/orders/{command}", """{"shards":2}"""u8.ToArray(), type, ("Origin", origin))).Status;
}
