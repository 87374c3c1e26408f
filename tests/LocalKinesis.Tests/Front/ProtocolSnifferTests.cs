using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Orleans.Kpl.LocalKinesis.Front;

namespace Orleans.Kpl.LocalKinesis.Tests.Front;

public class ProtocolSnifferTests
{
    [Fact]
    public async Task ClearTextPort_SpeaksBothProtocols()
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 1);
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20, HttpVersion.Version11])
            Assert.Equal(version, await PutAsync(endpoint.Http, version));
        Assert.Equal(3, endpoint.Kinesis.Get("events").Shards[0].AppliedRecords);
    }

    [Fact]
    public async Task ClearTextPort_InHttp2_CarriesManyCallsAtOnceAndLargeOnes()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.None, shards: 4);
        var versions = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => PutAsync(endpoint.Http, HttpVersion.Version20, 500_000)));
        Assert.All(versions, version => Assert.Equal(HttpVersion.Version20, version));
        Assert.Equal(50, endpoint.Kinesis.Get("events").Shards.Sum(shard => shard.AppliedRecords));
    }

    [Fact]
    public async Task TlsPort_NegotiatesHttp2()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.TlsPort = 0, shards: 1);
        using var handler = TestAuthority.Trusting(endpoint.Server.Certificate!);
        using var http = new HttpClient(handler) { BaseAddress = endpoint.Server.TlsUrl };
        Assert.Equal(HttpVersion.Version20, await PutAsync(http, HttpVersion.Version20));
        Assert.Equal(HttpVersion.Version11, await PutAsync(http, HttpVersion.Version11));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(23)]
    public async Task Connection_WhoseFirstBytesComeInPieces_IsToldByAllOfThem(int first)
    {
        foreach (var (text, isHttp2) in ((string, bool)[])[("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true), ("PRI * HTTP/1.1\r\nHost: kinesis\r\n", false)])
        {
            // Each piece is read before its write returns.
            var sent = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
            var connection = new DefaultConnectionContext { Transport = new Sent(sent.Reader) };
            var serving = new ProtocolSniffer(static _ => Task.CompletedTask).OnConnectionAsync(connection);
            await sent.Writer.WriteAsync(Encoding.ASCII.GetBytes(text[..first]), TestContext.Current.CancellationToken);
            await sent.Writer.WriteAsync(Encoding.ASCII.GetBytes(text[first..]), TestContext.Current.CancellationToken);
            await serving;
            Assert.Equal(isHttp2, connection.Features.Get<ITlsApplicationProtocolFeature>() is not null);
            Assert.True(sent.Reader.TryRead(out var read));
            Assert.Equal(text.Length, read.Buffer.Length);
        }
    }

    /// <summary>Who only looks whether the port is open closes or resets the connection without a byte. That was logged as an unhandled exception.</summary>
    [Fact]
    public async Task Connection_ThatEndsWithoutAByte_BeginsLikeNothing()
    {
        var closed = new Pipe();
        Assert.False(await ConnectionPeek.BeginsAsync(closed.Reader, static _ => null, new CancellationToken(canceled: true)));
        var reset = new Pipe();
        await reset.Writer.CompleteAsync(new ConnectionResetException("reset"));
        Assert.False(await ConnectionPeek.BeginsAsync(reset.Reader, static _ => null, CancellationToken.None));
    }

    private static async Task<Version> PutAsync(HttpClient http, Version version, int bytes = 5)
    {
        var body = $$"""{"StreamName":"events","Data":"{{Convert.ToBase64String(new byte[bytes])}}","PartitionKey":"k"}""";
        using var message = TestEndpoint.Message("PutRecord", Encoding.UTF8.GetBytes(body));
        message.Version = version;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var response = await http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Version;
    }

    private sealed record Sent(PipeReader Input) : IDuplexPipe
    {
        public PipeWriter Output => throw new NotSupportedException();
    }
}
