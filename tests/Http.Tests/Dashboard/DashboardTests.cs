using System.Net;
using System.Text.RegularExpressions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Dashboard;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Dashboard;

/// <remarks>Tests <see cref="DashboardEndpoints"/>.</remarks>
public sealed partial class DashboardTests
{
    [Fact]
    public void Files_AreSmall() => Assert.InRange(DashboardEndpoints.CompressedBytes, 1_000, 100 << 10);

    [Fact]
    public async Task Page_AllowsNothingFromElsewhereAndNothingInline()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(server.Address, "/dashboard"));
        var page = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(" on[a-z]+=", page);
        Assert.All(References().Matches(page), m => Assert.StartsWith("/dashboard/", m.Groups[1].Value, StringComparison.Ordinal));
        foreach (Match reference in References().Matches(page))
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(server.Address, reference.Groups[1].Value))).StatusCode);
    }

    [Fact]
    public async Task File_IsCompressedAndAskedForOnce()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "/dashboard/app.js"));
        request.Headers.Add("Accept-Encoding", "gzip");
        using var first = await http.SendAsync(request);
        Assert.Equal(("text/javascript", "gzip"), (first.Content.Headers.ContentType!.MediaType, first.Content.Headers.ContentEncoding.Single()));

        using var again = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "/dashboard/app.js"));
        again.Headers.TryAddWithoutValidation("If-None-Match", first.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(again)).StatusCode);
    }

    [Theory]
    [InlineData("/dashboard/nothing.js")]
    [InlineData("/dashboard/..%2Fappsettings.json")]
    public async Task File_ThatIsNone_IsNotFound(string path)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.Equal(404, (await server.SendAsync("GET", path, null)).Status);
    }

    private static IdentityFolder Folder() =>
        new IdentityFolder().Write(IdentityFolder.Identity("status", ApiKeyText.Create(), "status:*"));

    [GeneratedRegex("(?:src|href)=\"([^#\"]+)\"")]
    private static partial Regex References();
}
