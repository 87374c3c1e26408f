using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>Each reader of the metrics that read nothing held a whole page, for as long as it liked, and there could be as many as connections.</summary>
/// <remarks>Tests <see cref="MetricsEndpoint"/>.</remarks>
public sealed class MetricsEndpointTests
{
    /// <summary>The page of a stream with 500 shards has 2.5 MB, and Prometheus asks for gzip.</summary>
    [Theory]
    [InlineData("gzip", true)]
    [InlineData("deflate, GZIP;q=0.5", true)]
    [InlineData("gzip;q=0, identity", false)]
    [InlineData("gzipped", false)]
    [InlineData("", false)]
    public async Task Page_IsCompressed_WhereTheReaderTakesGzip(string acceptEncoding, bool isCompressed)
    {
        await using var server = await Server.StartAsync(new FakeTimeProvider());
        using var answer = await server.AskAsync(IPAddress.Loopback, acceptEncoding);
        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
        Assert.Equal(isCompressed ? ["gzip"] : [], answer.Content.Headers.ContentEncoding);
        Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
        Assert.Equal(new byte[Server.Length], isCompressed ? Compressed.Undo(body) : body);
    }

    /// <summary>Before the first record: a reader of gzip takes a body of 0 bytes for a broken one.</summary>
    [Fact]
    public async Task Page_WithoutMetrics_IsEmpty_AndNotCompressed()
    {
        await using var server = await Server.StartAsync(new FakeTimeProvider(), length: 0);
        using var answer = await server.AskAsync(IPAddress.Loopback, "gzip");

        Assert.Equal((HttpStatusCode.OK, 0), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Readers_OfOneAddressThatDoNotRead_LeaveRoomToOthers_AndAreCutOff()
    {
        var time = new FakeTimeProvider();
        await using var server = await Server.StartAsync(time);
        var address = OwnAddress.Find();
        using var unread = await server.ReadNothingAsync(address, MetricsEndpoint.MostOfOne);

        Assert.Equal(HttpStatusCode.TooManyRequests, await server.GetAsync(address));
        Assert.Equal(HttpStatusCode.OK, await server.GetAsync(IPAddress.Loopback));
        await Waiting.UntilAsync(async () =>
        {
            time.Advance(MetricsEndpoint.MostUnread);
            return await server.GetAsync(address) == HttpStatusCode.OK;
        });
        // A scrape that broke off had no line in the log.
        var line = $"A reader of the metrics at {address} left the page unread for 30 s and was cut off";
        await Waiting.UntilAsync(() => server.Log.Texts.Count(t => t == line) == MetricsEndpoint.MostOfOne);
    }

    [Fact]
    public async Task Readers_BeyondAllThatThereMayBe_GetA429_UntilOneIsGone()
    {
        await using var server = await Server.StartAsync(new FakeTimeProvider());
        using var unread = await server.ReadNothingAsync(IPAddress.Loopback, MetricsEndpoint.Most);

        Assert.Equal(HttpStatusCode.TooManyRequests, await server.GetAsync(IPAddress.Loopback));
        unread.Dispose();
        await Waiting.UntilAsync(async () => await server.GetAsync(IPAddress.Loopback) == HttpStatusCode.OK);
    }

    /// <summary>An application that has nothing but the page.</summary>
    private sealed class Server(WebApplication app, LongPage page, CapturedLog log) : IAsyncDisposable
    {
        /// <summary>Longer than what the sockets of both ends take.</summary>
        public const int Length = 8 << 20;

        private readonly HttpClient _client = new();
        private readonly int _port = new Uri(app.Urls.Single()).Port;

        public CapturedLog Log => log;

        public static async Task<Server> StartAsync(TimeProvider time, int length = Length)
        {
            var (builder, page, log) = (WebApplication.CreateEmptyBuilder(new WebApplicationOptions()), new LongPage(length), new CapturedLog());
            builder.Logging.AddProvider(log);
            builder.WebHost.UseKestrelCore().UseUrls("http://0.0.0.0:0");
            builder.Services.AddRoutingCore().AddSingleton(time).AddSingleton<IMetricsPage>(page);
            var app = builder.Build();
            app.UseRouting();
            app.MapKplMetrics();
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new Server(app, page, log);
        }

        /// <summary>Asks so many times, and returns when so many pages were made.</summary>
        public async Task<Unread> ReadNothingAsync(IPAddress address, int count)
        {
            var unread = new Unread();
            for (var i = 0; i < count; i++)
                await unread.AskAsync(address, _port);
            await Waiting.UntilAsync(() => page.Made == count);
            return unread;
        }

        public async Task<HttpStatusCode> GetAsync(IPAddress address)
        {
            using var answer = await AskAsync(address);
            return answer.StatusCode;
        }

        public async Task<HttpResponseMessage> AskAsync(IPAddress address, string acceptEncoding = "")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{address}:{_port}/metrics");
            request.Headers.Add("Accept-Encoding", acceptEncoding);
            return await _client.SendAsync(request, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await app.DisposeAsync();
        }
    }

    private sealed class Unread : IDisposable
    {
        private readonly List<Socket> _sockets = [];

        public async Task AskAsync(IPAddress address, int port)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 << 10 };
            _sockets.Add(socket);
            await socket.ConnectAsync(address, port, TestContext.Current.CancellationToken);
            await socket.SendAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        }

        public void Dispose() => _sockets.ForEach(static s => s.Dispose());
    }

    private sealed class LongPage(int length) : IMetricsPage
    {
        private readonly byte[] _text = new byte[length];
        private int _made;

        public int Made => Volatile.Read(ref _made);

        public string Write(IBufferWriter<byte> output, string? accept)
        {
            output.Write(_text);
            Interlocked.Increment(ref _made);
            return "text/plain";
        }
    }
}
