using System.Text.Json;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>Reads the answer of one operation; the reader stands on the object's start. Members may come in any order, unknown ones are skipped.</summary>
internal delegate T ReplyReader<out T>(ref Utf8JsonReader json);
