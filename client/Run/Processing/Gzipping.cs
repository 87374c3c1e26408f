using System.IO.Compression;

namespace Orleans.Kpl.Run.Processing;

/// <summary><c>gzip</c>: compresses the data of each record for itself. It is the last step.</summary>
internal sealed class Gzipping(CompressionLevel level) : IRecordProcessor
{
    public string Name => "gzip";

    public string? Process(RunRecord record, ProcessingTools tools)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level))
            gzip.Write(record.Data.Span);
        record.ReplaceData(compressed.ToArray());
        return null;
    }
}
