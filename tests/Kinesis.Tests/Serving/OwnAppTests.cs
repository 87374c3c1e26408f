using System.Net;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Kinesis.Tests.Signing;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>The front in an app of somebody else, as package Orleans.Kpl.Kinesis gives it.</summary>
public sealed class OwnAppTests
{
    [Fact]
    public async Task Put_ThroughAnAppOfOnesOwn_IsDeliveredOverBothVersionsOfHttp()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero });
        await kinesis.Kinesis.CreateStreamAsync(KinesisFrontServer.Stream, 1);
        await using var app = Build(kinesis.Url, static app => app.MapKplKinesis());
        await app.StartAsync(TestContext.Current.CancellationToken);

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var client = new HttpClient
            {
                BaseAddress = new Uri(app.Urls.Single()), DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            var body = Encoding.UTF8.GetBytes(KinesisFrontServer.Puts([$"{version}"]));
            var reply = await KinesisFrontServer.CallAsync(client, "PutRecords", body, KinesisFrontServer.JsonType);
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            Assert.Equal("shardId-000000000000", (string?)Assert.Single(reply.Records)["ShardId"]);
        }

        Assert.Equal(["1.1", "2.0"], kinesis.Kinesis.GetApplied(KinesisFrontServer.Stream).Select(static r => r.PartitionKey).Order());
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A principal was made for each put, and a table over all of them had to keep what it may do.</summary>
    [Fact]
    public async Task Put_WhereNobodyIsAskedWhoHeIs_MakesNoUser()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero });
        await kinesis.Kinesis.CreateStreamAsync(KinesisFrontServer.Stream, 1);
        var made = new TaskCompletionSource<ClaimsPrincipal?>();
        await using var app = Build(kinesis.Url, app =>
        {
            app.Use(async (context, next) =>
            {
                await next(context);
                made.SetResult(context.Features.Get<IHttpAuthenticationFeature>()?.User);
            });
            app.MapKplKinesis();
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        var body = Encoding.UTF8.GetBytes(KinesisFrontServer.Puts(["k"]));
        Assert.Equal(HttpStatusCode.OK, (await KinesisFrontServer.CallAsync(client, "PutRecords", body, KinesisFrontServer.JsonType)).Status);

        Assert.Null(await made.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Map_WithoutAnEmbeddedProducer_SaysWhatIsMissing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        await using var app = builder.Build();
        var error = Assert.Throws<InvalidOperationException>(() => app.MapKplKinesis());
        Assert.Contains("AddKpl(", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Map_WithSettingsThatAreWrong_TellsEveryError()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new("Front:AnswerWithin", "1h"), new("Front:Ack", "Persisted")]).Build();
        await using var app = Build(new Uri("http://127.0.0.1:1"), static _ => { });
        var error = Assert.Throws<KplOptionsException>(() => app.MapKplKinesis(section));
        Assert.Equal(2, error.Errors.Count);
        Assert.Contains(error.Errors, static e => e.Contains("Kpl:Front:AnswerWithin is '1h'", StringComparison.Ordinal));
    }

    /// <summary>Somebody who is known to the app, by a cookie perhaps, is no identity of ours.</summary>
    [Fact]
    public async Task Put_OfAUserOfTheApp_MustBeSigned_WhereTheAppHasAccessKeys()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero });
        await kinesis.Kinesis.CreateStreamAsync(KinesisFrontServer.Stream, 1);
        await using var app = Build(kinesis.Url, new FakeAccessKeys(), static app =>
        {
            app.Use(static (context, next) =>
            {
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "reader")], "Cookies"));
                return next(context);
            });
            app.MapKplKinesis();
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        var reply = await KinesisFrontServer.CallAsync(
            client, "PutRecords", Encoding.UTF8.GetBytes(KinesisFrontServer.Puts(["k"])), KinesisFrontServer.JsonType);

        Assert.Equal("MissingAuthenticationTokenException", reply.Error);
        Assert.Empty(kinesis.Kinesis.GetApplied(KinesisFrontServer.Stream));
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Its rights were read where identities come from a file alone.</summary>
    [Theory]
    [InlineData("produce:other", null)]
    [InlineData("produce:events", "banned")]
    [InlineData("produce:events*", "")]
    public async Task Put_OfAnIdentityOfTheAppsOwnKeys_NeedsTheRight(string grant, string? ban)
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero });
        await kinesis.Kinesis.CreateStreamAsync(KinesisFrontServer.Stream, 1);
        var mayPut = ban is "";
        await using var app = Build(kinesis.Url, new OwnKeys(grant, isBanned: ban is "banned"), static app => app.MapKplKinesis());
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        var put = await new SignedRequest().SendAsync(client);
        var list = await new SignedRequest { Operation = "ListShards", Body = """{"StreamName":"events"}"""u8.ToArray() }.SendAsync(client);

        Assert.Equal(mayPut ? (null, null) : ("AccessDeniedException", "AccessDeniedException"), (put.Error, list.Error));
        Assert.Equal(mayPut ? 1 : 0, kinesis.Kinesis.GetApplied(KinesisFrontServer.Stream).Count());
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    private static WebApplication Build(Uri kinesis, Action<WebApplication> map) => Build(kinesis, null, map);

    private static WebApplication Build(Uri kinesis, IAccessKeys? keys, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static server => server.Listen(IPAddress.Loopback, 0, static port => port.UseKplKinesis()));
        builder.Services.AddRoutingCore();
        builder.Services.AddKplHttp().AddKpl(options =>
        {
            options.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(5);
            options.CheckAtStart = StartCheck.Off;
            (options.Kinesis.EndpointUrl, options.Kinesis.Region) = (kinesis, "us-east-1");
        });
        if (keys is not null)
            builder.Services.AddSingleton(keys);
        var app = builder.Build();
        map(app);
        return app;
    }

    /// <summary>An app's own keys: one, of an identity with a grant.</summary>
    private sealed class OwnKeys(string grant, bool isBanned) : IAccessKeys
    {
        public AccessKeyLookup Find(string accessKeyId, string? sessionToken)
        {
            List<Claim> claims = [new(KplClaims.Identity, "mine"), new(KplClaims.Grant, grant)];
            if (isBanned)
                claims.Add(new Claim(KplClaims.Banned, "true"));
            var principal = new ClaimsPrincipal(new ClaimsIdentity(claims, "own"));
            return new AccessKeyLookup(AccessKeyState.Found, Encoding.UTF8.GetBytes(FakeAccessKeys.Secret), principal);
        }
    }
}
