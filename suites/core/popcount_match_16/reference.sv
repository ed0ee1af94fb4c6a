module popcount_match_16 (
    input  wire [15:0] a,
    input  wire [15:0] mask,
    input  wire [4:0]  limit,
    output wire [4:0]  ones,
    output wire        parity,
    output wire        over
);
    wire [15:0] m = a & mask;

    function [4:0] count(input [15:0] v);
        integer i;
        begin
            count = 5'd0;
            for (i = 0; i < 16; i = i + 1)
                count = count + {4'd0, v[i]};
        end
    endfunction

    assign ones   = count(m);
    assign parity = ^m;
    assign over   = ones > limit;
endmodule
