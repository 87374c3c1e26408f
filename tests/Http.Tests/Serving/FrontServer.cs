using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>The whole front of a tier process, over a fake producer.</summary>
internal static class FrontServer
{
    public static Task<HttpFront> StartAsync(
        KplHttpOptions options, ILoggerFactory? loggers = null, params IReadOnlyList<IHttpPart> parts) => HttpFront.StartAsync(
        new FakeHttpProducer(), DispatchProxy.Create<IStreamAdmin, UnaskedAdmin>(), new FakeBacklog(), options, loggers ?? NullLoggerFactory.Instance,
        new KinesisAddress(new Uri("http://127.0.0.1:1"), "us-east-1"), parts);
}

/// <summary>An administration that no test gets to.</summary>
public class UnaskedAdmin : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new InvalidOperationException($"{targetMethod?.Name} was called");
}
