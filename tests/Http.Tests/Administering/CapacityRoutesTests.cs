using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Administering;

/// <remarks>Tests <see cref="Http.Administering.AdminCommandEndpoints"/> and <see cref="Http.Administering.AdminQueryEndpoints"/>.</remarks>
public sealed class CapacityRoutesTests
{
    private const string Path = "/admin/streams/orders/capacity";

    private static readonly string Key = ApiKeyText.Create();

    [Theory]
    [InlineData("""{"warm_mib_per_second":200,"for_seconds":7200,"dry_run":true}""", false, "02:00:00 ", 200)]
    [InlineData("""{"warm_mib_per_second":0}""", true, "00:00:00 ", 0)]
    [InlineData("""{"max_record_kib":10240}""", true, "00:00:00 10240", null)]
    public async Task Post_PassesOnWhatTheBodySays(string body, bool isMade, string told, int? warm)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var answer = await server.SendAsync("POST", Path, Key, body);
        Assert.Equal(200, answer.Status);
        Assert.Equal((isMade, told), (answer.Json.GetProperty("is_made").GetBoolean(), answer.Json.GetProperty("notes")[0].GetString()));
        var after = answer.Json.GetProperty("after").GetProperty("warm_mib_per_second");
        Assert.Equal(warm, after.ValueKind == JsonValueKind.Null ? (int?)null : after.GetInt32());
    }

    [Theory]
    [InlineData("""{"warm":200}""", "BadRequest", "'warm' is not known here")]
    [InlineData("""{"on_demand":"yes"}""", "BadRequest", "on_demand")]
    [InlineData("""{"for_seconds":"2h"}""", "BadRequest", "A number of seconds is expected")]
    [InlineData("7", "MalformedJson", "object")]
    public async Task Post_OfAnotherBody_IsRefusedWithTheReason(string body, string code, string message)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        (await server.SendAsync("POST", Path, Key, body)).AssertRefused(400, code, message);
    }

    [Fact]
    public async Task Get_TellsTheCapacity()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var answer = await server.SendAsync("GET", Path, Key);
        Assert.Equal((200, 1_024), (answer.Status, answer.Json.GetProperty("max_record_kib").GetInt32()));
    }

    [Fact]
    public async Task GetOfLoad_TellsTheHours()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var hour = (await server.SendAsync("GET", "/admin/streams/orders/load", Key)).Json.GetProperty("hours")[0];
        Assert.Equal((7, 3), (hour.GetProperty("minutes").GetInt32(), hour.GetProperty("billed_kib").GetInt32()));
    }

    [Theory]
    [InlineData("", 200, "hour")]
    [InlineData("?span=hour", 200, "hour")]
    [InlineData("?span=day", 200, "day")]
    [InlineData("?span=week", 200, "week")]
    [InlineData("?span=year", 400, "span is 'year': it must be hour, day or week")]
    [InlineData("?over=day", 400, "over")]
    public async Task GetOfHeat_TellsTheSpanThatIsAskedFor(string query, int status, string said)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var answer = await server.SendAsync("GET", "/admin/streams/orders/heat" + query, Key);
        Assert.Equal(status, answer.Status);
        if (status == 200)
            Assert.Equal((said, 128), (answer.Json.GetProperty("span").GetString()!, answer.Json.GetProperty("rows").GetInt32()));
        else
            Assert.Contains(said, answer.Json.GetProperty("error_message").GetString(), StringComparison.Ordinal);
    }

    private static IdentityFolder Folder() => new IdentityFolder().Write(IdentityFolder.Identity("admin", Key, "administer:*"));
}
