namespace Orleans.Kpl.Scaling.Operations;

/// <summary>The operation as it is to be kept, and what is then to be done.</summary>
internal readonly record struct OperationTurn(ReshardOperation Operation, OperationAction Action);
