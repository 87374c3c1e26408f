using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Keys held until somebody took them out.</summary>
public sealed class KeyExpiryTests
{
    private const string Record = """{"partition_key":"k","payload":1}""";

    [Theory]
    [InlineData(-1, 401, true)] // hours from now
    [InlineData(72, 202, true)]
    [InlineData(24 * 30, 202, false)]
    [InlineData(null, 202, false)]
    public async Task Key_HoldsUntilItsEnd_WhichIsToldOfAWeekBefore(int? hours, int status, bool isTold)
    {
        var key = ApiKeyText.Create();
        var identity = IdentityFolder.Identity("orders-service", key, "produce:orders");
        var access = new JsonObject { ["id"] = "AKIAORDERS", ["secret_file"] = "secret" };
        identity["access_keys"] = new JsonArray(access);
        if (hours is { } ahead)
        {
            var end = DateTimeOffset.UtcNow.AddHours(ahead).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            (identity["api_keys"]![0]!["expires_at"], access["expires_at"]) = (end, end);
        }

        var folder = new IdentityFolder().Write("secret", "a secret of twenty letters").Write(identity);
        await using var server = await IdentityServer.StartAsync(folder);

        var answer = await server.SendAsync("POST", "/events", key, Record);
        Assert.Equal(status, answer.Status);
        if (status == 401)
            Assert.StartsWith("the API key has expired", answer.Message, StringComparison.Ordinal);
        Assert.Equal(status, (await server.SendAsync("POST", "/events", key, Record)).Status);
        Assert.Equal(status == 401 ? AccessKeyState.Expired : AccessKeyState.Found, server.AccessKeys.Find("AKIAORDERS", null).State);
        Assert.Equal(isTold ? 2 : 0, server.Log.All.Count(static l => l.Contains("and no longer", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("2027-13-01T00:00:00Z")]
    [InlineData("2027-01-31")]
    public void End_ThatIsNoTime_IsRefusedWithTheWholeFile(string end)
    {
        var identity = IdentityFolder.Identity("orders-service", ApiKeyText.Create(), "produce:orders");
        identity["api_keys"]![0]!["expires_at"] = end;
        using var folder = new IdentityFolder().Write(identity);
        var reading = folder.Read();
        Assert.Null(reading.Set);
        Assert.Contains("expires_at is no time such as 2027-01-31T00:00:00Z", Assert.Single(reading.Errors), StringComparison.Ordinal);
    }
}
