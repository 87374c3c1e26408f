using System.IO.Pipelines;
using System.Text;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>Standard input that stays open while a test writes to it.</summary>
internal sealed class OpenInput
{
    private readonly Pipe _pipe = new();

    public Stream Stream => _pipe.Reader.AsStream();

    public async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    public void Close() => _pipe.Writer.Complete();
}
