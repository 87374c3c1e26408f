using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>The server that a tier is built on, which reads the same requests and answers with the same bytes, and does nothing else.</summary>
internal static class BareKestrel
{
    public const string Verb = "bare-kestrel";

    // As long as those of delivered records: sequence numbers of Kinesis have 56 digits.
    private const string Place = "\"shard_id\":\"shardId-000000000000\",\"sequence_number\":\"49590338271490256608559692538361571095921575989136588898\"";
    private static readonly byte[] Answer = Encoding.ASCII.GetBytes($"{{{Place},\"attempts\":1}}");

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        ChildProcess.Tell(app.Urls.First());
        await ChildProcess.ServeAsync(static _ => Task.FromResult<object>(true));
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var (body, response) = (context.Request.BodyReader, context.Response);
        while (true)
        {
            var read = await body.ReadAsync();
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Request-Id"] = context.TraceIdentifier;
        response.ContentType = "application/json";
        response.ContentLength = Answer.Length;
        await response.BodyWriter.WriteAsync(Answer);
    }
}
