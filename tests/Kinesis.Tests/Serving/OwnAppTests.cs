using System.Net;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
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
        await using var app = await OwnApp.StartAsync();

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            var reply = await app.PutAsync($"{version}", version);
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            Assert.Equal("shardId-000000000000", (string?)Assert.Single(reply.Records)["ShardId"]);
        }

        Assert.Equal(["1.1", "2.0"], app.Applied.Select(static r => r.PartitionKey).Order());
    }

    /// <summary>A principal was made for each put, and a table over all of them had to keep what it may do.</summary>
    [Fact]
    public async Task Put_WhereNobodyIsAskedWhoHeIs_MakesNoUser()
    {
        var made = new TaskCompletionSource<ClaimsPrincipal?>();
        await using var app = await OwnApp.StartAsync(before: async (context, next) =>
        {
            await next(context);
            made.SetResult(context.Features.Get<IHttpAuthenticationFeature>()?.User);
        });

        Assert.Equal(HttpStatusCode.OK, (await app.PutAsync("k")).Status);
        Assert.Null(await made.Task.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken));
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
        await using var app = Build(new Uri("http://127.0.0.1:1"));
        var error = Assert.Throws<KplOptionsException>(() => app.MapKplKinesis(section));
        Assert.Equal(2, error.Errors.Count);
        Assert.Contains(error.Errors, static e => e.Contains("Kpl:Front:AnswerWithin is '1h'", StringComparison.Ordinal));
    }

    /// <summary>Somebody who is known to the app, by a cookie perhaps, is no identity of ours.</summary>
    [Fact]
    public async Task Put_OfAUserOfTheApp_MustBeSigned_WhereTheAppHasAccessKeys()
    {
        await using var app = await OwnApp.StartAsync(new FakeAccessKeys(), static (context, next) =>
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "reader")], "Cookies"));
            return next(context);
        });

        Assert.Equal("MissingAuthenticationTokenException", (await app.PutAsync("k")).Error);
        Assert.Empty(app.Applied);
    }

    /// <summary>Its rights were read where identities come from a file alone.</summary>
    [Theory]
    [InlineData("produce:other", false, false)]
    [InlineData("produce:events", true, false)]
    [InlineData("produce:events*", false, true)]
    public async Task Put_OfAnIdentityOfTheAppsOwnKeys_NeedsTheRight(string grant, bool isBanned, bool mayPut)
    {
        await using var app = await OwnApp.StartAsync(new OwnKeys(grant, isBanned));

        var put = await new SignedRequest().SendAsync(app.Client);
        var list = await new SignedRequest { Operation = "ListShards", Body = """{"StreamName":"events"}"""u8.ToArray() }.SendAsync(app.Client);

        Assert.Equal(mayPut ? (null, null) : ("AccessDeniedException", "AccessDeniedException"), (put.Error, list.Error));
        Assert.Equal(mayPut ? 1 : 0, app.Applied.Count());
    }

    private static WebApplication Build(Uri kinesis, IAccessKeys? keys = null)
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
        return builder.Build();
    }

    /// <summary>An app that runs, and the Kinesis that it sends to.</summary>
    private sealed class OwnApp(WebApplication app, LocalKinesisServer kinesis) : IAsyncDisposable
    {
        public HttpClient Client { get; } = new() { BaseAddress = new Uri(app.Urls.Single()) };

        public IEnumerable<AppliedRecord> Applied => kinesis.Kinesis.GetApplied(KinesisFrontServer.Stream);

        /// <param name="before">What the app does of its own before the front.</param>
        public static async Task<OwnApp> StartAsync(IAccessKeys? keys = null, Func<HttpContext, RequestDelegate, Task>? before = null)
        {
            var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero });
            await kinesis.Kinesis.CreateStreamAsync(KinesisFrontServer.Stream, 1);
            var app = Build(kinesis.Url, keys);
            if (before is not null)
                app.Use(before);
            app.MapKplKinesis();
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new OwnApp(app, kinesis);
        }

        public async Task<FrontReply> PutAsync(string key, Version? version = null)
        {
            using var request = KinesisFrontServer.Request(
                "PutRecords", Encoding.UTF8.GetBytes(KinesisFrontServer.Puts([key])), KinesisFrontServer.JsonType);
            (request.Version, request.VersionPolicy) = (version ?? HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
            return await KinesisFrontServer.SendAsync(Client, request);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await app.DisposeAsync();
            await kinesis.DisposeAsync();
        }
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
