using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Checking;

public sealed class EndpointCheckTests
{
    /// <summary>A library does not choose its program's culture, and its sentences are English.</summary>
    [Fact]
    public async Task Ask_WithoutAnAnswer_SaysForHowLong_InEveryCulture()
    {
        using CommaCulture commas = new();
        using SilentEndpoint silent = new();
        using HttpMessageInvoker http = new(new SocketsHttpHandler());
        var time = new FakeTimeProvider();
        var asking = EndpointProbe.AskAsync(
            http, silent.Url, null, TimeSpan.FromSeconds(2.5), static _ => { }, time, TestContext.Current.CancellationToken);
        await time.PassUntilAsync(() => asking.IsCompleted, TimeSpan.FromSeconds(1));

        Assert.Equal((EndpointTrouble.Silence, "no answer within 2.5 s"), ((await asking).Trouble, (await asking).Message));
    }

    /// <summary>The address of the settings was said to come from the variable that names the authorities.</summary>
    [Fact]
    public async Task Check_OfAnEndpointOfTheSettings_TellsWhatIsHeededOnTheWayAsThat()
    {
        using TestAuthority authority = new();
        await using WireServer server = new(
            static (_, connection) => connection.AnswerAsync(400, """{"__type":"AccessDeniedException","message":"not allowed"}"""),
            TestAuthority.Load(authority.Issue("127.0.0.1")));
        KplOptions options = new() { Kinesis = { EndpointUrl = server.Address, Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "s" } };
        var report = await KinesisCheck.RunAsync(
            options, [], [], Gateways.EnvironmentOf(("AWS_CA_BUNDLE", Gateways.FileOf(authority))), TimeProvider.System, TestContext.Current.CancellationToken)
            .WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);

        var line = Assert.Single(report.Lines, static l => l.Name == "endpoint");
        Assert.StartsWith($"{server.Address.AbsoluteUri.TrimEnd('/')}, from settings, with AWS_CA_BUNDLE, answered within ", line.Message, StringComparison.Ordinal);
    }
}
