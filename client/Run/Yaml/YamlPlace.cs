namespace Orleans.Kpl.Run.Yaml;

/// <summary>Where something stands in a file.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Path">The names above it, as in <c>output.aws_kinesis.batch.size</c>; empty for the whole file.</param>
internal readonly record struct YamlPlace(long Line, long Column, string Path);
