using System.Buffers;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>A page that tells what was asked for.</summary>
internal sealed class FakeMetricsPage : IMetricsPage
{
    public string Write(IBufferWriter<byte> output, string? accept)
    {
        output.Write("kpl_up 1\n"u8);
        return accept ?? "text/plain; version=0.0.4";
    }
}
