namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>An operation's name and what it does. One that writes no answer is answered by 200 without a body.</summary>
internal sealed record Operation(string Name, Action<OperationCall> Execute);
